import type { Config } from '../../config.ts';
import { createMailer } from '../../mail/mailer.ts';
import type { Log } from '../../work/every.ts';
import type { Setup } from './setup-link.ts';

export function createSetup({ people, publicUrl }: Pick<Config, 'people' | 'publicUrl'>, log: Log): Setup {
  const { inviteMs, resetMs, mail } = people;
  const warn = (err: unknown): void => log.warn({ err }, 'a letter was not sent');
  const mailer = mail === undefined ? null : createMailer(mail, warn);
  return { baseUrl: publicUrl?.replace(/\/$/, ''), inviteMs, resetMs, mailer };
}
