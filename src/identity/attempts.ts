import { AppError } from '../errors.ts';
import { addressBlock } from '../limits/address-block.ts';
import type { SharedWindow } from '../work/shared-window.ts';

const windowMs = 15 * 60_000;
const perAccount = 10;
/** More than for an account: an office may sit behind one address. */
const perAddress = 100;

/** Who tries to prove a password: an account, or a device that has done so before; and from where, if that is known. */
export interface Claimant {
  account: string;
  address?: string | undefined;
}

/** Failed proofs of a password. Each is counted before it is checked, so that many at once are not all checked. */
export interface Attempts {
  /** @throws AppError `rate_limited` after 10 failures for the account, or 100 from the address, within 15 minutes */
  begin(claimant: Claimant): Promise<void>;
  /** The proof was right: it does not count, and nothing that went before counts against the account. */
  succeeded(claimant: Claimant): Promise<void>;
}

export function createAttempts(counts: SharedWindow): Attempts {
  async function count(key: string, max: number, whose: string): Promise<void> {
    const { count: tried, endsInMs } = await counts.add(key, windowMs, max);
    if (tried <= max) return;
    throw new AppError(
      'rate_limited',
      `Too many failed sign-ins ${whose}: wait a few minutes and try again.`,
      { retryAfterSeconds: Math.max(1, Math.ceil(endsInMs / 1000)) },
    );
  }

  return {
    async begin({ account, address }) {
      if (address !== undefined) await count(addressKey(address), perAddress, 'from this address');
      await count(account, perAccount, 'for this account');
    },
    async succeeded({ account, address }) {
      await counts.forget(account);
      if (address !== undefined) await counts.takeBack(addressKey(address), windowMs);
    },
  };
}

function addressKey(address: string): string {
  return `address:${addressBlock(address)}`;
}
