import { type AdminUser, email, name, password, quotas, retentionDays, user } from '@alcove/contract';
import { z } from 'zod';

const role = z.enum(['admin', 'user']);
/** An e-mail address or an id. */
const account = z.string();

/** What the command line asks for: of the database itself, or of the server that has the embedded one. */
export const operation = z.discriminatedUnion('do', [
  z.object({ do: z.literal('list'), status: user.shape.status.optional(), role: role.optional() }),
  z.object({ do: z.literal('create'), email, password, name: name.optional(), role }),
  z.object({ do: z.literal('invite'), email, name: name.optional(), role: role.optional() }),
  z.object({
    do: z.literal('change'),
    account,
    status: z.enum(['active', 'suspended']).optional(),
    role: role.optional(),
    quotas: quotas.partial().optional(),
    retention_days: retentionDays.optional(),
    legal_hold: z.boolean().optional(),
  }),
  z.object({ do: z.literal('reset'), account }),
  z.object({ do: z.literal('delete'), account }),
]);
export type Operation = z.infer<typeof operation>;

/** Accounts as they are afterwards, as /admin/users shows them; with a link where one was made. */
export interface Operated {
  users: AdminUser[];
  expires_at?: string;
  sent?: boolean;
  link?: string | null;
  token?: string | null;
}
