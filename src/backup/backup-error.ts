/** A backup that cannot be made, trusted or restored; the message is one sentence for the operator. */
export class BackupError extends Error {
  override name = 'BackupError';
}
