// `listen <port>` takes what comes; `send <host> <port> <seconds>` sends as much as goes, and prints bytes a second.
import { connect, createServer } from "node:net";

const [what, ...args] = process.argv.slice(2);
if (what === "listen")
  createServer((socket) => socket.on("error", () => undefined).resume()).listen(Number(args[0]), "0.0.0.0", () => console.log("ready"));
else {
  const [host, port, seconds] = args;
  const socket = connect({ host, port: Number(port) });
  const chunk = Buffer.alloc(256 * 1024);
  socket.on("connect", () => {
    const began = performance.now();
    const send = () => {
      while (socket.write(chunk));
    };
    socket.on("drain", send);
    send();
    setTimeout(
      () => {
        const sent = socket.bytesWritten - socket.writableLength;
        console.log((sent * 1000) / (performance.now() - began));
        process.exit();
      },
      Number(seconds) * 1000,
    );
  });
}
