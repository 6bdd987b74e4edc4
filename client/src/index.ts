export { createClient } from './client.ts';
export type { Client } from './client.ts';
export { AlcoveError, isAlcoveError } from './errors.ts';
export type { ClientErrorCode } from './errors.ts';
export type { ClientOptions, RequestOptions } from './transport.ts';
export type { AnswerQuestion, NumberedAnswerEvent, AnswerStreamOptions } from './asking.ts';
export type { UploadFile, UploadOptions, WaitOptions } from './documents.ts';
export type {
  Answer,
  AnswerEvent,
  AnswerMetadata,
  AnswerTrace,
  ApiKey,
  Capabilities,
  Chunk,
  Conversation,
  ConversationHistory,
  ConversationStatistics,
  Document,
  DocumentStatus,
  ErrorCode,
  FieldIssue,
  Message,
  Problem,
  Retrieved,
  Session,
  Source,
  StatisticsOverview,
  Strategy,
  Uploaded,
  User,
} from '@alcove/contract';
