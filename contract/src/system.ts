import { z } from 'zod';

/** What this server can do, for clients that show it before the first question. */
export const capabilities = z
  .object({
    version: z.string(),
    database: z.enum(['pglite', 'postgresql']),
    /** The one that answers unless a conversation names another. */
    chat_model: z.string().nullable(),
    /** Those that a conversation may name (`settings.model`). */
    chat_models: z.array(z.string()),
    embedding_model: z.string().nullable(),
    registration: z.enum(['open', 'closed']),
    /** Whether a forgotten password can be replaced without an administrator: this server sends e-mail. */
    reset_by_mail: z.boolean(),
    /** True until the first account exists; false where everybody may register and only the setup code makes an administrator. */
    first_run: z.boolean(),
    /** Whether that account needs the setup code: others than this machine reach the server. */
    setup_code_required: z.boolean(),
    max_upload_bytes: z.int(),
    /** What `settings.temperature` of a conversation may be at most. */
    max_temperature: z.number(),
    /** What `settings.max_output_tokens` of a conversation may be at most. */
    max_output_tokens: z.int(),
    media_types: z.array(z.string()),
    notices: z.array(z.string()),
  })
  .meta({ id: 'Capabilities' });
export type Capabilities = z.infer<typeof capabilities>;

export const health = z.object({ status: z.literal('ok') });
export const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
});
