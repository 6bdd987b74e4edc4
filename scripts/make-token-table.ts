/** Packs the table of tokens when it is not there yet. `npm install` and `npm pack` run it. */
import { packTokenTable } from '../src/models/tokens.ts';

packTokenTable();
