// The process tree of a test: a broker, bridges in front of it, and a subscriber to everything. Ports come from the
// kernel, readiness from what the programs print, and each program is ended by its id; should this process be killed,
// they die with it (setpriv --pdeathsig).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const kPatienceMs = 30_000; // deadlines only fail a test

// One program with all that it has printed.
export class Child {
  constructor(program, args) {
    this.program = program;
    this.output = '';
    this.waiting = new Set(); // what to look at again when something is printed or the program has ended
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => this.print(text));
    }
    this.ended = once(this.process, 'close').then(([code]) => {
      this.isOver = true;
      this.lookAgain();
      return code;
    });
  }

  print(text) {
    this.output += text;
    this.lookAgain();
  }

  lookAgain() {
    for (const look of [...this.waiting]) look();
  }

  // What `found()` returns, as soon as it is not undefined.
  until(found, what) {
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(deadline);
        this.waiting.delete(look);
        settle(value);
      };
      const look = () => {
        const value = found();
        if (value !== undefined) end(resolve, value);
        else if (this.isOver) end(reject, new Error(`${this.program} ended before ${what}:\n${this.output}`));
      };
      const deadline = setTimeout(
        () => end(reject, new Error(`${this.program}: no ${what} in time:\n${this.output.slice(-4_000)}`)),
        kPatienceMs,
      );
      this.waiting.add(look);
      look();
    });
  }

  untilPrinted(pattern) {
    return this.until(() => this.output.match(pattern) ?? undefined, String(pattern));
  }

  // Stands still once this has resolved, until thaw(). Of programs with one thread.
  async freeze() {
    this.process.kill('SIGSTOP');
    const state = () => readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').match(/\) (\w) /)[1];
    while (state() !== 'T') await new Promise((resolve) => setImmediate(resolve));
  }

  thaw() {
    this.process.kill('SIGCONT');
  }

  // The exit code; null for a program that had to be killed.
  async stop() {
    const last = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    this.process.kill('SIGTERM');
    const code = await this.ended;
    clearTimeout(last);
    return code;
  }
}

// A port that nobody listens on now.
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function startBroker(directory) {
  for (let tries = 1; ; ++tries) {
    const port = await freePort();
    const config = join(directory, 'mosquitto.conf');
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n`);
    const broker = new Child('mosquitto', ['-v', '-c', config]);
    const line = await broker.untilPrinted(/version \S+ running|Address already in use/);
    if (line[0].endsWith('running')) return { broker, port };
    await broker.stop(); // somebody else was faster
    assert(tries < 10, 'no port for a broker');
  }
}

// Everything that the broker delivers, as a device that is subscribed to it at QoS 1 sees it.
class Subscriber {
  constructor(port) {
    this.child = new Child('stdbuf', [
      ...['-oL', 'mosquitto_sub', '-d', '-h', '127.0.0.1', '-p', String(port), '-i', 'everything', '-q', '1'],
      ...['-t', '#', '-F', '> %q %t %x'],
    ]);
  }

  ready() {
    return this.child.untilPrinted(/Subscribed/);
  }

  // [{topic, qos, payload}], in the order of arrival.
  messages() {
    return [...this.child.output.matchAll(/^> (\d) (\S+) ?([0-9a-f]*)\n/gm)].map(([, qos, topic, hex]) => ({
      topic,
      qos: Number(qos),
      payload: Buffer.from(hex, 'hex'),
    }));
  }

  // The messages for which `wanted` holds, once there are `count` of them.
  async arrived(count, wanted) {
    const found = () => this.messages().filter(wanted);
    await this.child.until(() => (found().length >= count ? true : undefined), `${count} messages`);
    return found();
  }
}

export class Stage {
  constructor(directory, program) {
    this.directory = directory;
    this.program = program;
    this.children = [];
    this.bridges = [];
  }

  async start() {
    const { broker, port } = await startBroker(this.directory);
    this.children.push(broker);
    this.broker = broker;
    this.brokerPort = port;
    this.subscriber = new Subscriber(port);
    this.children.push(this.subscriber.child);
    await this.subscriber.ready();
  }

  // The URL of a bridge with these lines behind its first two: accounts, apps, limits.
  async startBridge(name, httpMore, configuration) {
    const file = join(this.directory, `${name}.yaml`);
    const head = `http: { listen: 127.0.0.1:0${httpMore} }\nmqtt: { broker: "mqtt://127.0.0.1:${this.brokerPort}" }\n`;
    writeFileSync(file, head + configuration);
    const bridge = new Child(this.program, ['--config', file]);
    this.children.push(bridge);
    this.bridges.push(bridge);
    return (await bridge.untilPrinted(/^listening on (\S+)$/m))[1];
  }

  // What the program prints to one of its commands.
  async printed(...args) {
    const child = new Child(this.program, args);
    await child.ended;
    return child.output;
  }

  // Ends all of it. A bridge has stopped in order, and said nothing but where it listened.
  async stop() {
    const ends = new Map();
    for (const child of [...this.children].reverse()) ends.set(child, await child.stop());
    for (const bridge of this.bridges) {
      assert.equal(ends.get(bridge), 0);
      assert.match(bridge.output, /^listening on \S+\n$/);
    }
  }
}
