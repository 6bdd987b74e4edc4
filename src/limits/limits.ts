/** What one user may have and do, and how long things may take, as the settings say. */
export interface Limits {
  uploadBytes: number;
  documentsPerConversation: number;
  documentsPerUser: number;
  bytesPerUser: number;
  /** Under way at once. */
  uploadsPerUser: number;
  messagesPerMinute: number;
  streamsPerUser: number;
  /** A reader of a stream that takes nothing for this long, although something waits for it, is let go. */
  readerMs: number;
  ingestTimeoutMs: number;
  answerTimeoutMs: number;
  /** How long an answer waits for files that are still being read. */
  waitForFilesMs: number;
  /** A process that is silent this long is taken for dead, and others take up what it was at. */
  leaseMs: number;
  /** How long a deleted conversation can be restored; 0: it is erased at once. */
  undoMs: number;
  /** How long a temporary conversation is kept after its last activity, unless it says so itself. */
  temporaryMs: number;
  /** Pause before work that failed is tried again; it doubles with each failure. */
  retryMs: number;
  /** What a conversation may ask for. */
  maxTemperature: number;
  /** Of one answer, without the thoughts of a model that thinks first. */
  maxOutputTokens: number;
}
