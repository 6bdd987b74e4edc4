/** `npm run env-example`: writes .env.example from the settings in src/config/settings.ts. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { printEnvExample } from './print-env-example.ts';

writeFileSync(resolve(import.meta.dirname, '../.env.example'), printEnvExample());
