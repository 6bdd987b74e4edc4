import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { packId } from './packed-id.ts';

export const knownDeviceSeconds = 365 * 24 * 3600;

/**
 * What a device keeps after a sign-in, so that failures of others, which close the account for strangers, do not close
 * it for its owner. It proves no identity: it only counts its own failures apart.
 * (OWASP, "Slow Down Online Guessing Attacks with Device Cookies")
 */
export function issueKnownDevice(userId: string, key: Uint8Array, now: Date): string {
  const body = `${packId(userId)}.${randomBytes(12).toString('base64url')}.${Math.floor(now.getTime() / 1000)}`;
  return `${body}.${sign(body, key)}`;
}

/** Under which name a device of this user counts its failures; null when it is none of the user's. */
export function knownDeviceOf(
  cookie: string | undefined,
  userId: string,
  key: Uint8Array,
  now: Date,
): string | null {
  const [user, device, issued, mac] = cookie?.split('.') ?? [];
  if (user === undefined || device === undefined || issued === undefined || mac === undefined) return null;
  if (user !== packId(userId) || !isSame(mac, sign(`${user}.${device}.${issued}`, key))) return null;
  const age = now.getTime() / 1000 - Number(issued);
  return age >= -60 && age < knownDeviceSeconds ? `device:${user}.${device}` : null;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function sign(body: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}
