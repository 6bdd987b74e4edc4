import { z } from 'zod';
import { email } from './accounts.ts';
import { id, nextCursor, pageQuery, queryBoolean, timestamp } from './common.ts';
import { conversation } from './conversations.ts';

const sharePassword = z.string().min(4).max(200);

const access = z.enum(['read', 'take_part']);

export const createShareBody = z
  .object({
    /** The branch that is shown ends here; the active leaf when left out. */
    leaf_id: id.optional(),
    /** Documents whose cited passages may be read; none when left out. */
    document_ids: z.array(id).max(200).default([]),
    expires_at: z.iso.datetime().nullish(),
    password: sharePassword.nullish(),
    /** Only who has this e-mail address here can open it. */
    recipient: email.nullish(),
    /**
     * With `take_part`, which needs a recipient, that person sees the conversation as it is at any time, with the
     * passages that its answers cite from any of its documents, and can write and ask in it.
     */
    access: access.default('read'),
  })
  .nullish();

/** Makes the link show the conversation as it is now; what is left out stays as it was. */
export const updateShareBody = z
  .object({
    leaf_id: id.optional(),
    document_ids: z.array(id).max(200).optional(),
    /** Null: it does not expire. */
    expires_at: z.iso.datetime().nullish(),
    /** Null: none is asked for. */
    password: sharePassword.nullish(),
    /** False changes expiry and password only. */
    refresh: z.boolean().default(true),
  })
  .nullish();

export const share = z
  .object({
    id,
    conversation_id: id,
    /** Stays the same when the link is updated. */
    url: z.string(),
    revision: z.int(),
    leaf_id: id,
    document_ids: z.array(id),
    message_count: z.int(),
    has_password: z.boolean(),
    recipient: z.string().nullable(),
    access,
    expires_at: timestamp.nullable(),
    /** How often it was opened; by whom is not kept. */
    views: z.int(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Share' });
export type Share = z.infer<typeof share>;
/** Of one conversation: whom it is shared with. */
export const listSharesQuery = pageQuery.extend({ conversation_id: id.optional() });
export const shareList = z.object({ shares: z.array(share), next_cursor: nextCursor });

export const shareTokenParams = z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
export const sharePasswordHeader = z.object({
  'x-share-password': z.string().max(200).optional(),
});

/** `again`: read before, so that it is not counted as a view once more. */
export const openShareQuery = z.object({ again: queryBoolean.default(false) });

/** Said by the recipient of a conversation that is shared to take part in. */
export const takePartBody = z.object({ content: z.string().min(1).max(200_000) });
export const takenPart = z
  .object({ id, role: z.literal('user'), content: z.string(), created_at: timestamp })
  .meta({ id: 'SharedMessage' });
export const askSharedBody = z.object({
  query: z.string().trim().min(1).max(20_000),
  stream: z.boolean().default(false),
});
/** The conversation is not as it was: read it again. */
export const sharedChange = z.object({ type: z.literal('changed') }).meta({ id: 'SharedChange' });
export const sharedMessageParams = shareTokenParams.extend({ message: id });

export const sharedConversation = z
  .object({
    title: z.string(),
    access,
    /** Whether who asks may write and ask in it: its recipient, where it is shared to take part in. */
    may_write: z.boolean(),
    /** The answer that is being written, for who takes part. */
    answering: id.nullable(),
    revision: z.int(),
    shared_at: timestamp,
    expires_at: timestamp.nullable(),
    messages: z.array(
      z.object({
        /** For who takes part; a link to read names no messages. */
        id: id.nullable(),
        role: z.enum(['user', 'assistant']),
        content: z.string(),
        created_at: timestamp,
        /** Who said it, where that is not the owner and who asks takes part. */
        author: z.string().nullable(),
        /** Whether it was said by who asks, as far as they take part. */
        mine: z.boolean(),
        sources: z.array(
          z.object({
            n: z.int(),
            document_name: z.string(),
            page: z.int().nullable(),
            heading: z.array(z.string()),
            excerpt: z.string(),
          }),
        ),
        citations: z.array(
          z.object({
            n: z.int(),
            start: z.int(),
            end: z.int(),
            verification: z.enum(['verified', 'unverified', 'contradicted']),
          }),
        ),
      }),
    ),
    documents: z.array(
      z.object({
        name: z.string(),
        media_type: z.string(),
        size_bytes: z.int(),
        pages: z.int().nullable(),
      }),
    ),
  })
  .meta({ id: 'SharedConversation' });
export type SharedConversation = z.infer<typeof sharedConversation>;

/** An own copy of what a link shows. */
export const continuedConversation = conversation
  .extend({
    /** Names of the documents that are not in it: what was shared of them is not there any more. */
    left_out: z.array(z.string()),
  })
  .meta({ id: 'ContinuedConversation' });
export type ContinuedConversation = z.infer<typeof continuedConversation>;
