// Calls as shell scripts make them: openssl for every hash and signature, curl for the request.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

async function run(program, args, input) {
  const child = spawn(program, args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  const output = [];
  const complaints = [];
  child.stdout.on('data', (bytes) => output.push(bytes));
  child.stderr.on('data', (bytes) => complaints.push(bytes));
  child.stdin?.end(input);
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${program} ${args.join(' ')}: ${Buffer.concat(complaints)}`);
  return Buffer.concat(output);
}

// The bytes of hash `method` of a text; keyed (HMAC) where there is a key.
export function digest(method, text, key) {
  const keyed = key === undefined ? [] : ['-mac', 'HMAC', '-macopt', `key:${key}`];
  return run('openssl', ['dgst', `-${method}`, ...keyed, '-binary'], text);
}

export async function hexDigest(method, text, key) {
  return (await digest(method, text, key)).toString('hex');
}

// {status, type, text} of one request. The certificate of a test is the only one that it trusts.
export async function curl(...args) {
  const trust = ['--cacert', process.env.NODE_EXTRA_CA_CERTS];
  const output = await run('curl', [
    ...['--silent', '--show-error', '--max-time', '30', '--noproxy', '*', ...trust],
    ...['--write-out', '\n%{http_code} %{content_type}', ...args],
  ]);
  const text = output.toString('utf8');
  const end = text.lastIndexOf('\n');
  const [status, type] = text.slice(end + 1).split(/ (.*)/);
  return { status: Number(status), type, text: text.slice(0, end) };
}

// Parameters as curl encodes them itself: --data-urlencode name=value for each.
export function urlencoded(params) {
  return Object.entries(params).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
}
