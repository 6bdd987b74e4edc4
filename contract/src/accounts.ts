import { z } from 'zod';
import { id, nextCursor, timestamp } from './common.ts';

/** Passwords are counted in bytes by the server as well: at most 1,024. */
export const password = z.string().min(8, 'a password has at least 8 characters').max(1024);
export const email = z.email().max(254);
export const name = z.string().trim().min(1).max(200);

export const user = z
  .object({
    id,
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.enum(['admin', 'user']),
    /** `invited` until the link of the invitation has set a password. */
    status: z.enum(['active', 'suspended', 'invited']),
    /** Conversations without activity for so long are deleted; null: only as the server's policy says. */
    retention_days: z.int().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof user>;

export const registerBody = z.object({
  email,
  password,
  name: name.optional(),
  /** For the first account of a server that others than its own machine reach; `alcove setup-code` prints it. */
  setup_code: z.string().max(200).optional(),
});
export const loginBody = z.object({ email: z.string().max(254), password: z.string().max(1024) });
export const changePasswordBody = z.object({
  current_password: z.string().max(1024),
  new_password: password,
  /** API keys outlive the password unless they are revoked with it. */
  revoke_keys: z.boolean().default(false),
});
/** Days; null stands for the server's own policy. */
export const retentionDays = z.int().min(1).max(36_500).nullable();
export const updateMeBody = z.object({
  name: name.nullable().optional(),
  retention_days: retentionDays.optional(),
});
export const deleteMeBody = z.object({ password: z.string().max(1024).optional() }).optional();
export const refreshBody = z.object({ refresh_token: z.string().max(500).optional() }).nullish();

export const session = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    /** Seconds until the access token expires. */
    expires_in: z.int(),
    /** Also set as a cookie; for clients without a cookie jar only when they ask with `X-Refresh-Token: body`. */
    refresh_token: z.string().optional(),
    user,
  })
  .meta({ id: 'Session' });
/** How many API keys the change has ended, and how many still work. */
export const changedPassword = session
  .extend({ api_keys: z.object({ revoked: z.int(), kept: z.int() }) })
  .meta({ id: 'ChangedPassword' });
export type ChangedPassword = z.infer<typeof changedPassword>;
export type Session = z.infer<typeof session>;

const openSession = z
  .object({
    id,
    /** Signed in then. */
    created_at: timestamp,
    /** To ten minutes: that often whoever uses a session renews it. */
    last_used_at: timestamp,
    /** What the client that used it last says that it is; null where it does not say. */
    device: z.object({
      program: z.string().nullable().meta({ example: 'Firefox' }),
      system: z.string().nullable().meta({ example: 'Windows' }),
    }),
    /** From where it was signed in to: an address, later only its network; null where that was not kept. */
    address: z.string().nullable().meta({ example: '192.0.2.17' }),
    /** The one that this request comes with. */
    current: z.boolean(),
  })
  .meta({ id: 'OpenSession' });
export type OpenSession = z.infer<typeof openSession>;
export const sessionList = z
  .object({ sessions: z.array(openSession), next_cursor: nextCursor })
  .meta({ id: 'SessionList' });
export type SessionList = z.infer<typeof sessionList>;
/** How many have ended. */
export const endedSessions = z.object({ ended: z.int() }).meta({ id: 'EndedSessions' });

const apiKeyScope = z.enum(['read', 'write', 'conversation']);
export const createApiKeyBody = z
  .object({
    name: z.string().trim().min(1).max(200),
    scope: apiKeyScope.default('write'),
    conversation_id: id.optional(),
    expires_at: z.iso.datetime().optional(),
  })
  .refine((body) => (body.scope === 'conversation') === (body.conversation_id !== undefined), {
    message: 'conversation_id goes with scope "conversation", and only with it',
    path: ['conversation_id'],
  });
const apiKey = z
  .object({
    id,
    name: z.string(),
    scope: apiKeyScope,
    conversation_id: id.nullable(),
    created_at: timestamp,
    last_used_at: timestamp.nullable(),
    expires_at: timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;
/** The key itself is shown once, here. */
export const createdApiKey = apiKey.extend({ key: z.string() }).meta({ id: 'CreatedApiKey' });
export const apiKeyList = z.object({ keys: z.array(apiKey), next_cursor: z.string().nullable() });
