/** A model server of its own process: every stream gets a token each 50 ms, and nothing else costs it time. */
import { createServer, type ServerResponse } from 'node:http';

const tokenEveryMs = 1000 / Number(process.argv[2]);
const tokensPerAnswer = Number(process.argv[3]);
/** A question with this gets an answer of three tokens. */
const shortMark = '(in short)';
/** One with this gets, in one token, more than the buffers between two sockets hold: a control character is six bytes in JSON. */
const longMark = '(at length)';
const longToken = event({ delta: { content: '\u0001'.repeat(500_000) } });
const token = event({ delta: { content: 'another word ' } });
/** Streams are served in turns, so that not all of them speak in the same millisecond. */
const turns = 10;

const waiting: Set<Stream>[] = Array.from({ length: turns }, () => new Set());
interface Stream {
  response: ServerResponse;
  token: string;
  left: number;
}

const server = createServer((request, response) => {
  let asked = '';
  request.on('data', (part: Buffer) => (asked += part.toString('latin1')));
  if (request.url?.endsWith('/models') === true) {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"object":"list","data":[{"id":"bench-chat","object":"model"}]}');
    return;
  }
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event({ delta: { role: 'assistant', content: 'So ' } }));
    // The next token comes a whole pause later: the first is what first-token times are about.
    const isLong = asked.includes(longMark);
    const left = isLong || asked.includes(shortMark) ? 2 : tokensPerAnswer - 1;
    const stream = { response, left, token: isLong ? longToken : token };
    const turn = waiting[(at + turns - 1) % turns]!;
    turn.add(stream);
    response.once('close', () => turn.delete(stream));
  });
});

let at = 0;
setInterval(() => {
  at = (at + 1) % turns;
  for (const stream of waiting[at]!) {
    stream.left -= 1;
    if (stream.left > 0) {
      stream.response.write(stream.token);
      continue;
    }
    stream.response.end(`${event({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
    waiting[at]!.delete(stream);
  }
}, tokenEveryMs / turns);

function event(choice: object): string {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'bench-chat', choices: [{ index: 0, ...choice }] })}\n\n`;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));
