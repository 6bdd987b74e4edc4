import { z } from 'zod';
import { id } from './common.ts';
import { conversation, message } from './conversations.ts';
import { document } from './documents.ts';
import { share } from './sharing.ts';

/** Something of the caller's that changed; each says how it is now, so that one told twice does no harm. */
export const changeEvent = z
  .discriminatedUnion('type', [
    /** The stream stands: what changes from here on is told. */
    z.object({ type: z.literal('open') }),
    /** Too much time has passed since the number asked for: read anew what is shown. */
    z.object({ type: z.literal('reset') }),
    z.object({ type: z.literal('conversation'), conversation }),
    z.object({ type: z.literal('document'), document }),
    /** A message was added, or an answer begun or ended; its text is read from the conversation. */
    z.object({
      type: z.literal('message'),
      conversation_id: id,
      message: message.pick({ id: true, parent_id: true, role: true, status: true }),
    }),
    /** A link was made or changed. */
    z.object({
      type: z.literal('share'),
      conversation_id: id,
      share: share.pick({ id: true, access: true, revision: true, recipient: true, expires_at: true }),
    }),
    /** Of a `message`: with everything below it. */
    z.object({
      type: z.literal('deleted'),
      kind: z.enum(['conversation', 'document', 'message', 'share']),
      id,
    }),
  ])
  .meta({ id: 'ChangeEvent' });
export type ChangeEvent = z.infer<typeof changeEvent>;
