// Callers of the Alibaba Cloud RPC API behind one verb: call(action, params) -> {status, code, body}. `code` is undefined
// for a success; `body` is the answer without its envelope, the same in JSON and XML.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { curl, digest, hexDigest, urlencoded } from './curl.mjs';

const require = createRequire(`${process.env.FLEET_CLIENT_MODULES}/`);
const { RPCClient } = require('@alicloud/pop-core');
const { parseStringPromise } = require('xml2js');

const kApiVersion = '2018-01-20';

// The lists of the answers: in XML, one element looks like a value and none like a text.
const kLists = new Set([
  ...['ApplyDeviceInfo', 'DeviceInfo', 'InvalidDetailList', 'InvalidDeviceName', 'InvalidDeviceNickname', 'Name'],
  ...['ProductTopicInfo', 'RepeatedDeviceName', 'deviceInfo', 'invalidDetailList'],
]);

function withLists(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withLists);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isList = kLists.has(name) && !(inner.InvalidDetailList ?? inner.invalidDetailList);
      return [name, withLists(isList ? [inner].flat() : inner)];
    }),
  );
}

// pop-core's objects have no prototype, and its large numbers are objects of their own.
const plain = (body) => JSON.parse(JSON.stringify(body));

// pop-core throws what has a Code, and keeps the whole answer.
export function popCore(endpoint, method, account) {
  const client = new RPCClient({ endpoint, apiVersion: kApiVersion, ...account });
  return {
    name: `pop-core ${method}`,
    async call(action, params) {
      try {
        const body = await client.request(action, params, { method, timeout: 30_000 });
        return { status: 200, body: plain(body) };
      } catch (error) {
        if (error.data === undefined) throw error;
        return { status: error.entry.response.statusCode, code: error.code, body: plain(error.data) };
      }
    },
  };
}

// {DeviceName: ['a', 'b']} -> {'DeviceName.1': 'a', 'DeviceName.2': 'b'}, structs likewise.
export function flat(params) {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => {
      if (!Array.isArray(value)) return [[name, String(value)]];
      return value.flatMap((item, index) =>
        typeof item === 'object'
          ? Object.entries(item).map(([member, inner]) => [`${name}.${index + 1}.${member}`, String(inner)])
          : [[`${name}.${index + 1}`, String(item)]],
      );
    }),
  );
}

function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function canonical(params) {
  const names = Object.keys(params).sort(byBytes);
  return names.map((name) => `${encode(name)}=${encode(params[name])}`).join('&');
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

async function readXml(action, reply) {
  assert.equal(reply.type, 'text/xml;charset=utf-8');
  assert.match(reply.text, /^<\?xml version="1\.0" encoding="UTF-8"\?>/);
  const [[root, body]] = Object.entries(await parseStringPromise(reply.text, { explicitArray: false }));
  assert.equal(root, reply.status === 200 ? `${action}Response` : 'Error');
  return withLists(body);
}

async function outcome(action, reply, format) {
  if (format !== 'XML') assert.equal(reply.type, 'application/json;charset=utf-8');
  const exact = reply.text.replace(/:(\d{16,})/g, ':"$1"'); // numbers that JavaScript would round
  const body = format === 'XML' ? await readXml(action, reply) : JSON.parse(exact);
  return { status: reply.status, code: body.Code, body };
}

// The signed parameters of version 1.0.
export async function signedParams(method, action, params, { accessKeyId, accessKeySecret }, format) {
  const all = {
    ...{ Action: action, Format: format, Version: kApiVersion, AccessKeyId: accessKeyId, Timestamp: now() },
    ...{ SignatureMethod: 'HMAC-SHA1', SignatureVersion: '1.0', SignatureNonce: randomUUID(), ...flat(params) },
  };
  const toSign = `${method}&${encode('/')}&${encode(canonical(all))}`;
  const signature = await digest('sha1', toSign, `${accessKeySecret}&`);
  return { ...all, Signature: signature.toString('base64') };
}

// Version 1.0, encoded by curl: a GET with everything in the query, or a POST with everything in the form.
export function curlV1(endpoint, method, format, account) {
  return {
    name: `curl ${method} ${format}`,
    async call(action, params) {
      const signed = urlencoded(await signedParams(method, action, params, account, format));
      return outcome(action, await curl(...(method === 'GET' ? ['--get'] : []), ...signed, `${endpoint}/`), format);
    },
  };
}

// Version 3 (ACS3-HMAC-SHA256): the parameters in the query with an empty POST, in a form, or in a form in chunks, as the
// SDKs do all three.
export function curlV3(endpoint, place, { accessKeyId, accessKeySecret, securityToken }) {
  const isForm = place !== 'query';
  return {
    name: `curl version 3, ${place}`,
    async call(action, params) {
      const text = canonical(flat(params));
      const body = isForm ? text : '';
      const query = isForm ? '' : text;
      const headers = {
        host: new URL(endpoint).host,
        'x-acs-action': action,
        'x-acs-content-sha256': await hexDigest('sha256', body),
        'x-acs-date': now(),
        'x-acs-signature-nonce': randomUUID(),
        'x-acs-version': kApiVersion,
        ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...(securityToken ? { 'x-acs-accesskey-id': accessKeyId, 'x-acs-security-token': securityToken } : {}),
      };
      const names = Object.keys(headers).sort(byBytes);
      const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
      const hash = headers['x-acs-content-sha256'];
      const request = ['POST', '/', query, lines, names.join(';'), hash].join('\n');
      const toSign = `ACS3-HMAC-SHA256\n${await hexDigest('sha256', request)}`;
      const signature = await hexDigest('sha256', toSign, accessKeySecret);
      const credential = `Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
      const fields = names.flatMap((name) => ['--header', `${name}: ${headers[name]}`]);
      const reply = await curl(
        ...['--request', 'POST', ...fields, '--header', `Authorization: ACS3-HMAC-SHA256 ${credential}`],
        ...(place === 'chunks' ? ['--header', 'Transfer-Encoding: chunked'] : []),
        ...(isForm ? ['--data-raw', body] : []),
        `${endpoint}/${query === '' ? '' : `?${query}`}`,
      );
      return outcome(action, reply, 'JSON');
    },
  };
}
