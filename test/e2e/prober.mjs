// Runs in the network namespace of a task: listens on ports, and connects when it is told to. One JSON object a line, in and out.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const [tcpPorts, udpPorts, host = "0.0.0.0"] = JSON.parse(process.argv[2]);
const kept = new Map();
/** Ports to which somebody connected, and `u5000` of datagrams; the addresses from which somebody connected. */
const accepted = new Set();
const say = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

for (const port of tcpPorts) {
  const server = createServer((socket) => (accepted.add(port).add(socket.remoteAddress), socket.on("error", () => undefined).pipe(socket)));
  await new Promise((resolve, reject) => server.on("error", reject).listen(port, host, 511, resolve));
}
for (const port of udpPorts) {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => accepted.add(`u${port}`) && socket.send(message, from.port, from.address, () => undefined));
  await new Promise((resolve, reject) => socket.on("error", reject).bind(port, host, resolve));
}

const probes = {
  tcp: ({ to, port, keep }, done) => {
    const socket = connect({ host: to, port });
    socket
      .on("error", () => done(false))
      .on("connect", () => {
        done(true);
        if (keep === undefined) socket.destroy();
        else kept.set(keep, socket);
      });
    return () => socket.destroy();
  },
  udp: ({ to, port, from, size = 1 }, done) => {
    const socket = createSocket("udp4");
    socket.on("error", () => done(false)).on("message", () => done(true));
    const send = () => socket.send("x".repeat(size), port, to, (error) => error && done(false));
    if (from === undefined) send();
    else socket.bind({ address: from }, send);
    const again = setInterval(send, 300);
    return () => {
      clearInterval(again);
      socket.close();
    };
  },
  icmp: ({ to }, done) => {
    const child = spawn("/bin/busybox", ["ping", "-c", "2", "-W", "1", "-i", "0.3", to], { stdio: "ignore" });
    child.on("error", () => done(false)).on("close", (code) => done(code === 0));
    return () => child.kill("SIGKILL");
  },
  accepted: ({ port }, done) => {
    setImmediate(() => done(accepted.has(port)));
  },
  /** Whether a connection that was kept still carries something there and back. */
  echo: ({ keep }, done) => {
    const socket = kept.get(keep);
    if (!socket || socket.destroyed) return void setImmediate(() => done(false));
    const heard = () => done(true);
    socket.once("data", heard);
    socket.write("x");
    return () => socket.off("data", heard);
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, kind, within, ...probe } = JSON.parse(line);
  let isOver = false;
  const over = (connected) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    end?.();
    say({ id, connected });
  };
  const timer = setTimeout(() => over(false), within);
  // A kept connection is not ended with its probe.
  const end = probe.keep === undefined || kind === "echo" ? probes[kind](probe, over) : (probes[kind](probe, over), undefined);
});
say({ id: "ready" });
