import { setFlagsFromString } from 'node:v8';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';

/**
 * Pages of the database that it keeps in memory, touched when it opens. Everything else lies in the system's own cache,
 * a copy away; 128 MB, which PGlite takes, is a third of what an idle server needs.
 */
const sharedBuffers = '32MB';

/** PGlite in a third of the memory. */
export class SmallPglite extends PGlite {
  #hasParsed = false;

  constructor(options: PGliteOptions) {
    super({
      startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
      ...options,
    });
  }

  /**
   * PostgreSQL's parser is one function of 100 KB, for which V8 takes 600 MB and three seconds to optimise it, after
   * some hundred words of SQL. A function that is first run while nothing may be optimised never will be: the first
   * statement runs the parser and little else, and what works hard comes later.
   */
  override execProtocolRawSync(message: Uint8Array): Uint8Array {
    if (this.#hasParsed) return super.execProtocolRawSync(message);
    this.#hasParsed = true;
    setFlagsFromString('--wasm-tier-up-filter=0');
    try {
      return super.execProtocolRawSync(message);
    } finally {
      setFlagsFromString('--wasm-tier-up-filter=-1');
    }
  }
}
