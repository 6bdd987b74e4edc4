import { AppError } from '../errors.ts';

/** A keyset: where the next page begins. Opaque to clients. */
export interface Position {
  at: Date;
  id: string;
}

/** Strict, because PostgreSQL refuses other forms of times and ids with an error. */
const positionForm =
  /^((?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function encodeCursor(position: Position): string {
  return Buffer.from(plain(position)).toString('base64url');
}

/** @throws AppError `invalid_request` for anything that this server did not make */
export function decodeCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  return parsePosition(Buffer.from(cursor, 'base64url').toString('utf8'));
}

function plain({ at, id }: Position): string {
  return `${at.toISOString()} ${id}`;
}

function parsePosition(text: string): Position {
  const match = positionForm.exec(text);
  const at = new Date(match?.[1] ?? '');
  if (match?.[2] === undefined || Number.isNaN(at.getTime())) throw invalidCursor();
  return { at, id: match[2] };
}

/** A position in a list that has pinned ones first: by a time, or by a title. */
export interface PinnedPosition {
  pinned: boolean;
  key: Date | string;
  id: string;
}

export function encodePinnedCursor({ pinned, key, id }: PinnedPosition): string {
  const text = key instanceof Date ? plain({ at: key, id }) : `${id} ${key}`;
  return Buffer.from(`${pinned ? '+' : '-'}${text}`).toString('base64url');
}

/** @throws AppError `invalid_request`, for a cursor of another order too */
export function decodePinnedCursor(cursor: string | undefined, byTitle: boolean): PinnedPosition | null {
  if (cursor === undefined) return null;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[+-]/.test(text)) throw invalidCursor();
  const pinned = text.startsWith('+');
  if (!byTitle) {
    const { at, id } = parsePosition(text.slice(1));
    return { pinned, key: at, id };
  }
  const match = titleForm.exec(text.slice(1));
  if (match?.[1] === undefined || match[2] === undefined) throw invalidCursor();
  return { pinned, key: match[2], id: match[1] };
}

/** PostgreSQL takes no NUL in a text. */
const titleForm = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([^\0]{1,500})$/;

/** A position in a list that is ordered by a time, a number or a text. */
export interface KeyedPosition {
  key: Date | number | string;
  id: string;
}

export function encodeKeyed({ key, id }: KeyedPosition): string {
  const text = key instanceof Date ? key.toISOString() : String(key);
  return Buffer.from(`${id} ${text}`).toString('base64url');
}

/** @throws AppError `invalid_request` */
export function decodeKeyed(
  cursor: string | undefined,
  kind: 'time' | 'number' | 'text',
): KeyedPosition | null {
  if (cursor === undefined) return null;
  const match = titleForm.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match?.[1] === undefined || match[2] === undefined) throw invalidCursor();
  const [, id, key] = match;
  if (kind === 'text') return { key, id };
  if (kind === 'time') return { key: parsePosition(`${key} ${id}`).at, id };
  if (!/^\d{1,15}$/.test(key)) throw invalidCursor();
  return { key: Number(key), id };
}

export function encodeOrdinal(ordinal: number): string {
  return Buffer.from(`#${ordinal}`).toString('base64url');
}

export function decodeOrdinal(cursor: string | undefined): number {
  if (cursor === undefined) return -1;
  const match = /^#(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match?.[1] === undefined) throw invalidCursor();
  return Number(match[1]);
}

function invalidCursor(): AppError {
  return new AppError('invalid_request', 'The cursor is not one of this list: start again without it.', {
    issues: [{ path: 'cursor', message: 'is not valid' }],
  });
}

/** Asks for one row more than the page, so that the last page knows that it is the last. */
export function page<Row>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => string,
): { rows: Row[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next_cursor: rows.length > limit && last !== undefined ? position(last) : null };
}
