export { createClient } from './client.ts';
export type { Client } from './client.ts';
export { addCitation } from './citations.ts';
export { AlcoveError, isAlcoveError } from './errors.ts';
export type { ClientErrorCode } from './errors.ts';
export { takePart } from './take-part.ts';
export type { ClientOptions, RequestOptions } from './transport.ts';
export type { AnswerQuestion, NumberedAnswerEvent, AnswerStreamOptions } from './asking.ts';
export type { ChangeStreamOptions, NumberedChange } from './changes.ts';
export type { SearchOptions } from './search.ts';
export type { UploadFile, UploadOptions, WaitOptions } from './documents.ts';
export type {
  AdminUser,
  AllDocuments,
  Answer,
  AnswerEvent,
  AnswerMetadata,
  AnswerTrace,
  ApiKey,
  AuditEntry,
  Capabilities,
  ChangeEvent,
  Chunk,
  Citation,
  Conversation,
  ConversationHistory,
  ConversationSettings,
  ConversationStatistics,
  ConversationSummaries,
  ConversationSummary,
  Cost,
  Document,
  DeletionPreview,
  DocumentStatus,
  DocumentText,
  EmbeddingState,
  ErrorCode,
  ExportFormat,
  ImportEvent,
  ImportItem,
  ImportReport,
  FieldIssue,
  InstallationStatistics,
  Invitation,
  ListedDocument,
  Message,
  OpenSession,
  PageWords,
  Problem,
  Project,
  Quotas,
  Retrieved,
  SearchHit,
  SearchResults,
  Share,
  SharedConversation,
  Session,
  Source,
  Verification,
  StatisticsOverview,
  Strategy,
  Template,
  TextBlock,
  Uploaded,
  User,
} from '@alcove/contract';
