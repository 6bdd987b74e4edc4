import { setFlagsFromString } from 'node:v8';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';

/**
 * Freeing the code that better code has replaced ends the process now and then ("Check failed:
 * jit_page_->allocations_.erase", nodejs/node#64500): what is replaced stays until the database closes.
 */
setFlagsFromString('--no-wasm-code-gc');

/**
 * Pages of the database that it keeps in memory, touched when it opens. Everything else lies in the system's own cache,
 * a copy away; 128 MB, which PGlite takes, is a third of what an idle server needs.
 */
const sharedBuffers = '32MB';

/** How the message of an error begins that a server of PostgreSQL does not survive. */
const panic = Buffer.from('SPANIC\0VPANIC\0');

/** PGlite in a third of the memory. */
export class SmallPglite extends PGlite {
  #hasParsed = false;
  #onPanic: (message: string) => void;

  /** @param onPanic told when PostgreSQL would end itself, as when its log does not fit on the disk: PGlite goes on, and answers nothing more. */
  constructor(options: PGliteOptions, onPanic: (message: string) => void) {
    super({
      startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
      ...options,
    });
    this.#onPanic = onPanic;
  }

  override execProtocolRawStream(
    message: Uint8Array,
    options: Parameters<PGlite['execProtocolRawStream']>[1],
  ): Promise<void> {
    return super.execProtocolRawStream(message, {
      ...options,
      onRawData: (data) => {
        options.onRawData(data);
        const at = Buffer.from(data.buffer, data.byteOffset, data.byteLength).indexOf(panic);
        if (at >= 0) this.#onPanic(fieldOf(data.subarray(at + panic.length), 'M'));
      },
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

/** Of an error's fields, each of which ends with a zero. */
function fieldOf(fields: Uint8Array, name: string): string {
  const found = Buffer.from(fields)
    .toString()
    .split('\0')
    .find((field) => field.startsWith(name));
  return found?.slice(1) ?? 'PANIC';
}
