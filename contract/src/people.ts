import { z } from 'zod';
import { email, name, password, retentionDays, user } from './accounts.ts';
import { id, nextCursor, pageQuery, timestamp } from './common.ts';

const role = z.enum(['admin', 'user']);

/** Of one account; null stands for the server's own limit. */
export const quotas = z
  .object({
    documents: z.int().min(0).max(1_000_000_000).nullable(),
    bytes: z
      .int()
      .min(0)
      .max(2 ** 53 - 1)
      .nullable(),
    messages_per_minute: z.int().min(1).max(1_000_000).nullable(),
  })
  .meta({ id: 'Quotas' });
export type Quotas = z.infer<typeof quotas>;
const quotasBody = quotas.partial().strict();

export const adminUser = user
  .extend({
    quotas,
    /** Nothing of the account can be erased. */
    legal_hold: z.boolean(),
    /** Until when the link of the invitation can be used; null for an account that is no invitation. */
    invite_expires_at: timestamp.nullable(),
  })
  .meta({ id: 'AdminUser' });
export type AdminUser = z.infer<typeof adminUser>;
export const adminUserList = z.object({ users: z.array(adminUser), next_cursor: nextCursor });
export const adminUserQuery = pageQuery.extend({
  email: z.string().max(254).optional(),
  status: user.shape.status.optional(),
  role: role.optional(),
});

export const createUserBody = z.object({
  email,
  password,
  name: name.optional(),
  role: role.default('user'),
  quotas: quotasBody.optional(),
});
export const inviteBody = createUserBody.omit({ password: true });
export const updateUserBody = z.object({
  status: z.enum(['active', 'suspended']).optional(),
  role: role.optional(),
  name: name.nullable().optional(),
  quotas: quotasBody.optional(),
  retention_days: retentionDays.optional(),
  /** While it stands nothing of the account is erased: neither by its owner nor when a time is over. */
  legal_hold: z.boolean().optional(),
});

/** A link that sets a password once: sent to the account's address, or else shown here and nowhere again. */
const setupLink = z.object({
  expires_at: timestamp,
  sent: z.boolean(),
  link: z.string().nullable(),
  token: z.string().nullable(),
});
export const invitation = setupLink.extend({ user: adminUser }).meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof invitation>;
export const passwordReset = setupLink.extend({ user: adminUser }).meta({ id: 'PasswordReset' });

const token = z.string().min(1).max(200);
export const acceptInviteBody = z.object({ token, password, name: name.optional() });
export const resetPasswordBody = z.object({
  token,
  password,
  /** API keys outlive the password unless they are revoked with it. */
  revoke_keys: z.boolean().default(false),
});
export const forgotPasswordBody = z.object({ email: z.string().max(254) });

/** How far the documents of everybody are found by meaning. */
export const embeddingState = z
  .object({
    /** The one that the server embeds with; null where semantic search is off. */
    model: z.string().nullable(),
    /** Ready documents that have no vectors of that model yet; zero without a model. */
    documents_left: z.int().min(0),
    passages_left: z.int().min(0),
  })
  .meta({ id: 'EmbeddingState' });
export type EmbeddingState = z.infer<typeof embeddingState>;

const auditEntry = z
  .object({
    id,
    /** Who did it; null for the command line. */
    user_id: id.nullable(),
    action: z.string(),
    /** What it was done to: an account, a session, a key. */
    target: z.string().nullable(),
    /** Where the request came from; cut to a network after some time. */
    address: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntry>;
export const auditQuery = pageQuery.extend({
  user_id: id.optional(),
  target: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
});
export const auditList = z.object({ entries: z.array(auditEntry), next_cursor: nextCursor });
