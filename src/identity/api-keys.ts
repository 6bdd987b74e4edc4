import { randomBytes } from 'node:crypto';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { packId } from './packed-id.ts';
import { sha256 } from './secrets.ts';
import { type ApiKeyRow, deleteApiKey, insertApiKey } from './api-key-store.ts';
import type { UserScope } from './user-scope.ts';

export interface NewApiKey {
  name: string;
  scope: ApiKeyRow['scope'];
  conversationId?: string | undefined;
  expiresAt?: Date | undefined;
}

/** Makes a key; its text is returned here and never again, only its hash is kept. */
export async function createApiKey(
  scope: UserScope,
  input: NewApiKey,
  deps: IdentityDeps,
): Promise<{ key: string; row: ApiKeyRow }> {
  const key = `alk_${packId(scope.userId)}_${randomBytes(32).toString('base64url')}`;
  const row = await insertApiKey(deps.db, scope, {
    id: newId(),
    name: input.name,
    keyHash: sha256(key),
    scope: input.scope,
    conversationId: input.conversationId ?? null,
    createdAt: deps.now(),
    expiresAt: input.expiresAt ?? null,
  });
  return { key, row };
}

export async function revokeApiKey(scope: UserScope, id: string, deps: IdentityDeps): Promise<void> {
  if (!(await deleteApiKey(deps.db, scope, id, deps.now())))
    throw new AppError('not_found', 'This API key does not exist.');
}
