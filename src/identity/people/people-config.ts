/** How people get accounts and set passwords. */
export interface PeopleConfig {
  /** How long the link of an invitation, and of a reset by an administrator, can be used. */
  inviteMs: number;
  resetMs: number;
  /** Undefined: administrators hand links over by themselves. */
  mail: { url: string; from: string } | undefined;
}

/** How long things are kept that nobody needs for long. */
export interface RetentionConfig {
  /** Events of answers that have ended: their text and sources are in the message. */
  answerEventsMs: number;
  tracesMs: number;
  auditMs: number;
  /** Older entries of the audit log name a network instead of an address. */
  auditAddressesMs: number;
  /** Conversations without activity for so long are deleted; null: only as accounts say themselves. */
  conversationDays: number | null;
}

/** Of the environment. */
export interface PeopleSettings {
  PUBLIC_URL?: string | undefined;
  INVITE_DAYS: number;
  RESET_HOURS: number;
  SMTP_URL?: string | undefined;
  MAIL_FROM?: string | undefined;
  ANSWER_EVENTS_DAYS: number;
  TRACES_DAYS: number;
  AUDIT_DAYS: number;
  AUDIT_ADDRESS_DAYS: number;
  RETENTION_DAYS?: number | undefined;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** @throws Error that names the settings that are missing */
export function readPeople(settings: PeopleSettings): PeopleConfig {
  return {
    inviteMs: settings.INVITE_DAYS * dayMs,
    resetMs: settings.RESET_HOURS * hourMs,
    mail: readMail(settings),
  };
}

/** Links in letters must lead here, whoever asked for them. */
function readMail({ SMTP_URL: url, PUBLIC_URL: publicUrl, MAIL_FROM: from }: PeopleSettings) {
  if (url === undefined) return undefined;
  if (publicUrl === undefined || from === undefined)
    throw new Error('SMTP_URL needs PUBLIC_URL, where links lead, and MAIL_FROM, who letters are from');
  return { url, from };
}

export function readRetention(settings: PeopleSettings): RetentionConfig {
  return {
    answerEventsMs: settings.ANSWER_EVENTS_DAYS * dayMs,
    tracesMs: settings.TRACES_DAYS * dayMs,
    auditMs: settings.AUDIT_DAYS * dayMs,
    auditAddressesMs: settings.AUDIT_ADDRESS_DAYS * dayMs,
    conversationDays: settings.RETENTION_DAYS ?? null,
  };
}
