import { createTransport } from 'nodemailer';

export interface Letter {
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /** Whether the server has taken it; if not, the log says why. */
  send(letter: Letter): Promise<boolean>;
  close(): void;
}

/** A person waits for the answer. */
const timeoutMs = 10_000;

/** Letters over one SMTP server: `smtp://`, or `smtps://` for TLS from the first byte. */
export function createMailer(
  { url, from }: { url: string; from: string },
  onFailure: (error: unknown) => void,
): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A letter is text and addresses: nothing in it may name a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      try {
        // As an object: an address is never parsed as a list of several.
        await transport.sendMail({ from, to: { name: '', address: to }, subject, text });
        return true;
      } catch (error) {
        onFailure(error);
        return false;
      }
    },
    close: () => transport.close(),
  };
}
