import { z } from 'zod';
import { email } from './accounts.ts';
import { id, nextCursor, timestamp } from './common.ts';

const sharePassword = z.string().min(4).max(200);

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
    expires_at: timestamp.nullable(),
    /** How often it was opened; by whom is not kept. */
    views: z.int(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Share' });
export type Share = z.infer<typeof share>;
export const shareList = z.object({ shares: z.array(share), next_cursor: nextCursor });

export const shareTokenParams = z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
export const sharePasswordHeader = z.object({
  'x-share-password': z.string().max(200).optional(),
});

export const sharedConversation = z
  .object({
    title: z.string(),
    revision: z.int(),
    shared_at: timestamp,
    expires_at: timestamp.nullable(),
    messages: z.array(
      z.object({
        role: z.enum(['user', 'assistant']),
        content: z.string(),
        created_at: timestamp,
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
