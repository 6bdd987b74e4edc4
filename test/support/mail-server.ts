import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Received {
  from: string;
  to: string[];
  /** Headers and body as they came. */
  raw: string;
}

export interface MailServer {
  url: string;
  letters: Received[];
  /** Refuses every recipient from now on. */
  refuse(): void;
  close(): Promise<void>;
}

export const mailUser = { user: 'alcove', pass: 'a secret of the mail server' };

/** An SMTP server that wants a password and keeps what it is sent. */
export async function startMailServer(): Promise<MailServer> {
  const letters: Received[] = [];
  let refuses = false;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      const isRight = username === mailUser.user && password === mailUser.pass;
      if (isRight) done(null, { user: username });
      else done(new Error('wrong password'));
    },
    onRcptTo(_address, _session, done) {
      done(refuses ? new Error('no such mailbox') : undefined);
    },
    onData(stream, { envelope }, done) {
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const raw = Buffer.concat(pieces).toString();
        letters.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const login = `${mailUser.user}:${encodeURIComponent(mailUser.pass)}`;
  return {
    url: `smtp://${login}@127.0.0.1:${port}`,
    letters,
    refuse: () => void (refuses = true),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The link in a letter, whatever its encoding has done to the lines. */
export function linkIn({ raw }: Received): string {
  const body = raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
  const link = /https?:\/\/\S+\/setup#\S+/.exec(body)?.[0];
  if (link === undefined) throw new Error(`no link in ${raw}`);
  return link;
}
