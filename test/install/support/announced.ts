/** The port that a server prints when it listens. @throws Error with what it said, when it ends without one */
export function announcedPort(output: NodeJS.ReadableStream): Promise<number> {
  return new Promise((resolvePort, reject) => {
    let said = '';
    output.on('data', (text) => {
      said += String(text);
      const port = /is at http:\/\/[^/\s:]+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolvePort(Number(port));
    });
    output.on('end', () => reject(new Error(`the server ended: ${said}`)));
  });
}
