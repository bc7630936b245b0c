// Callers of the Taobao Open Platform behind one verb: call(method, params) -> {body} or {error}, the error_response.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { curl, hexDigest, urlencoded } from './curl.mjs';

const require = createRequire(`${process.env.FLEET_CLIENT_MODULES}/`);
const TopClient = require('node-taobao-topclient').default;
const { parseStringPromise } = require('xml2js');

const kPath = '/router/rest';

// The client's own verb gives the inside of the root, and throws the error_response. TZ must be that of the platform:
// the client writes its timestamp in the zone of the process.
export function topClient(endpoint, type, { appKey, appSecret }) {
  const client = new TopClient({ appkey: appKey, appsecret: appSecret, REST_URL: endpoint + kPath });
  return {
    name: `topclient ${type}`,
    async call(method, params) {
      try {
        const body = await client.execute(method, { ...params }, type); // it adds to what it is given
        assert.notEqual(body, null, 'no such root in the answer');
        return { body };
      } catch (error) {
        if (error.data === undefined) throw error;
        return { error: error.data.error_response };
      }
    },
  };
}

// "2026-01-02 11:04:05", eight hours ahead of UTC wherever this runs.
function timestamp() {
  return new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

export async function signedParams(method, params, { appKey, appSecret }, signMethod, format) {
  const texts = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  const all = {
    ...{ method, app_key: appKey, timestamp: timestamp(), format, v: '2.0', sign_method: signMethod },
    ...Object.fromEntries(texts),
  };
  const content = Object.keys(all)
    .sort()
    .map((name) => name + all[name])
    .join('');
  const sign =
    signMethod === 'hmac-sha256'
      ? await hexDigest('sha256', content, appSecret)
      : await hexDigest('md5', content, appSecret);
  return { ...all, sign: sign.toUpperCase() };
}

const one = (value) => (value === undefined || value === '' ? [] : [value].flat());

// HMAC-SHA256 in a form with XML for an answer, or HMAC-MD5 in multipart/form-data with JSON.
export function curlTop(endpoint, format, account) {
  return {
    name: `curl ${format}`,
    async call(method, params) {
      const xml = format === 'xml';
      const signed = await signedParams(method, params, account, xml ? 'hmac-sha256' : 'hmac', format);
      const form = xml
        ? urlencoded(signed)
        : Object.entries(signed).flatMap(([name, value]) => ['--form-string', `${name}=${value}`]);
      const reply = await curl(...form, endpoint + kPath);
      assert.equal(reply.status, 200); // failures too
      assert.equal(reply.type, xml ? 'text/xml;charset=utf-8' : 'application/json;charset=utf-8');
      const parsed = xml ? await parseStringPromise(reply.text, { explicitArray: false }) : JSON.parse(reply.text);
      const [[root, body]] = Object.entries(parsed);
      if (root === 'error_response') return { error: body };
      assert.equal(root, `${method.replace('taobao.', '').replaceAll('.', '_')}_response`);
      if (body.results) body.results.tmc_produce_result = one(body.results.tmc_produce_result);
      if (body.messages !== undefined) body.messages = { tmc_message: one(body.messages.tmc_message) };
      return { body };
    },
  };
}
