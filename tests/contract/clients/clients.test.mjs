// Do the clients that people already have work when they are pointed at fleet-bridge, over HTTP and HTTPS? Each of them
// uses every action, well and badly, and an MQTT subscriber sees what came of it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { BcastCaller, bcastStory } from './bcast_story.mjs';
import { curl, urlencoded } from './curl.mjs';
import { curlV1, curlV3, popCore, signedParams } from './rpc_clients.mjs';
import { Caller, rpcStory } from './rpc_story.mjs';
import { Stage } from './stage.mjs';
import { curlTop, signedParams as topSignedParams, topClient } from './top_clients.mjs';
import { topStory } from './top_story.mjs';

const { FLEET_BRIDGE_PROGRAM, FLEET_CLIENT_DIRECTORY, NODE_EXTRA_CA_CERTS, FLEET_CLIENT_KEY } = process.env;

const kAccount = { accessKeyId: 'testid', accessKeySecret: 'testsecret' };
const kTemporary = { accessKeyId: 'STS.test', accessKeySecret: 'sts secret', securityToken: 'token/with+signs==' };
const kApp = { appKey: '12345678', appSecret: 'helloworld' };
const kOtherApp = { appKey: '87654321', appSecret: 'other app', session: '6100000123' };

const kConfiguration = `
registry: { check_delay: 20ms, create_delay: 20ms }
accounts:
  - { access_key_id: testid, access_key_secret: testsecret, batch_pub: true }
  - { access_key_id: others, access_key_secret: testsecret }
  - { access_key_id: STS.test, access_key_secret: sts secret, security_token: token/with+signs==, batch_pub: true }
apps:
  - { app_key: "12345678", app_secret: helloworld, topics: [ taobao_jds_TradeTrace ], groups: [ warehouse, analytics ] }
  - { app_key: "87654321", app_secret: other app, topics: [ taobao_jds_TradeTrace ], groups: [ warehouse ], sessions: [ "6100000123" ] }
bcast: { keys: [ { api_key: bcastkey, api_secret: bcast secret } ] }
products:
  - { key: a1BwAGVdemo, name: demo, topics: { get: subscribe }, devices: [ { name: newdevice1 } ] }
`;
const kTls = `, tls: { certificate: "${NODE_EXTRA_CA_CERTS}", key: "${FLEET_CLIENT_KEY}" }`;

const kDemo = { ProductKey: 'a1BwAGVdemo', DeviceName: ['newdevice1'], TopicShortName: 'get', MessageContent: 'aGk=' };

const directory = mkdtempSync(join(FLEET_CLIENT_DIRECTORY, 'run-'));
const stage = new Stage(directory, FLEET_BRIDGE_PROGRAM);
const endpoints = {};
// scheme -> what was driven there: by npm's clients, by curl, and by curl in the dialect of bcast.
const driven = {};
const newDriven = () => ({ ok: new Set(), refused: new Set() });
let stories = 0;

before(async () => {
  await stage.start();
  endpoints.http = await stage.startBridge('http', '', `${kConfiguration}limits: off\n`);
  endpoints.https = await stage.startBridge('https', kTls, `${kConfiguration}limits: off\n`);
});

after(async () => {
  await stage.stop();
  rmSync(directory, { recursive: true });
});

// What the program itself lists in docs/api.md: actions and methods, and the calls of bcast.
async function listed() {
  const text = await stage.printed('actions');
  const all = (pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
  const names = [...all(/^### (\w+)$/gm), ...all(/^### (taobao\.[\w.]+)$/gm)].sort();
  const bcast = [...all(/^### (\w+ \(bcast\))$/gm), ...all(/^\| ((?:GET|DELETE) [a-z][a-z/{}]*) \|/gm)];
  assert.ok(names.length >= 24 && bcast.length >= 10, 'the program lists less than it has');
  return { names, bcast: bcast.filter((name) => name !== 'Management (bcast)').sort() };
}

for (const scheme of ['http', 'https']) {
  describe(scheme, () => {
    const url = () => endpoints[scheme];
    driven[scheme] = { npm: newDriven(), curl: newDriven(), bcast: newDriven() };

    test('the ready line names the scheme', () => assert.ok(url().startsWith(`${scheme}://127.0.0.1:`)));

    for (const [by, what, make] of [
      ['npm', 'pop-core, GET', () => popCore(url(), 'GET', kAccount)],
      ['npm', 'pop-core, POST, a temporary key', () => popCore(url(), 'POST', kTemporary)],
      ['curl', 'curl, GET, XML', () => curlV1(url(), 'GET', 'XML', kAccount)],
      ['curl', 'curl, POST, JSON', () => curlV1(url(), 'POST', 'JSON', kAccount)],
      ['curl', 'curl, version 3 in the query', () => curlV3(url(), 'query', kAccount)],
      ['curl', 'curl, version 3 in a form', () => curlV3(url(), 'form', kAccount)],
      ['curl', 'curl, version 3 in chunks, a temporary key', () => curlV3(url(), 'chunks', kTemporary)],
    ]) {
      const tag = `s${++stories}`;
      test(`the RPC API by ${what}`, () => rpcStory(make(), driven[scheme][by], stage.subscriber, tag));
    }

    for (const [by, what, make] of [
      ['npm', 'topclient, POST', (app) => topClient(url(), 'POST', app)],
      ['npm', 'topclient, GET', (app) => topClient(url(), 'GET', app)],
      ['curl', 'curl, XML', (app) => curlTop(url(), 'xml', app)],
      ['curl', 'curl, multipart, JSON', (app) => curlTop(url(), 'json', app)],
    ]) {
      const tag = `s${++stories}`;
      test(`TOP by ${what}`, () => topStory(make, driven[scheme][by], stage.subscriber, tag, kApp, kOtherApp));
    }

    test('the bcast API by curl', async () => {
      const caller = new BcastCaller(url(), 'bcastkey:bcast secret', driven[scheme].bcast);
      await bcastStory(caller, stage, `b-${scheme}`, 'a1BwAGVdemo');
      const stranger = new BcastCaller(url(), 'bcastkey:wrong', newDriven());
      assert.equal((await stranger.manage(401, 'GET', 'messages')).code, 'BAD_API_KEY_OR_SECRET');
    });

    test('callers who are not who they say are refused', async () => {
      const forged = { accessKeyId: 'testid', accessKeySecret: 'wrong' };
      const nobody = { accessKeyId: 'nobody', accessKeySecret: 'wrong' };
      for (const make of [
        (account) => popCore(url(), 'GET', account),
        (account) => popCore(url(), 'POST', account),
        (account) => curlV1(url(), 'POST', 'XML', account),
        (account) => curlV3(url(), 'form', account),
      ]) {
        const caller = (account) => new Caller(make(account), newDriven());
        await caller(forged).refused('SignatureDoesNotMatch', 'BatchPub', kDemo, 400);
        await caller(nobody).refused('InvalidAccessKeyId.NotFound', 'BatchPub', kDemo, 404);
        await caller({ ...kAccount, accessKeyId: 'others' }).refused('Forbidden.RAM', 'BatchPub', kDemo, 403);
        await caller(kAccount).refused('InvalidAction.NotFound', 'NoSuchAction', kDemo, 404);
      }
      const { securityToken, ...withoutToken } = kTemporary;
      const mismatch = 'InvalidSecurityToken.MismatchWithAccessKey';
      for (const make of [(account) => popCore(url(), 'POST', account), (account) => curlV3(url(), 'form', account)]) {
        const stale = new Caller(make({ ...withoutToken, securityToken: 'other' }), newDriven());
        await stale.refused(mismatch, 'BatchPub', kDemo, 400);
        await new Caller(make(withoutToken), newDriven()).missing('SecurityToken', 'BatchPub', kDemo);
      }

      for (const make of [(app) => topClient(url(), 'POST', app), (app) => curlTop(url(), 'xml', app)]) {
        const consume = (app) => make(app).call('taobao.tmc.messages.consume', {});
        assert.equal(Number((await consume({ ...kApp, appSecret: 'wrong' })).error.code), 25);
        assert.equal(Number((await consume({ ...kApp, appKey: '1' })).error.code), 29);
        assert.equal(Number((await make(kApp).call('taobao.no.such.method', {})).error.code), 22);
      }
    });

    test('a request that is sent twice is refused, in JSON and XML', async () => {
      for (const format of ['JSON', 'XML']) {
        const signed = urlencoded(await signedParams('POST', 'BatchPub', kDemo, kAccount, format));
        assert.equal((await curl(...signed, `${url()}/`)).status, 200);
        const again = await curl(...signed, `${url()}/`);
        assert.equal(again.status, 400);
        assert.match(again.text, /SignatureNonceUsed/);
        assert.equal(again.type, format === 'XML' ? 'text/xml;charset=utf-8' : 'application/json;charset=utf-8');
      }
    });

    test('simplify leaves the wrappers away', async () => {
      const params = { messages: [{ topic: 'taobao_jds_TradeTrace', content: '1' }], simplify: 'true' };
      const signed = await topSignedParams('taobao.tmc.messages.produce', params, kApp, 'hmac', 'json');
      const reply = await curl(...urlencoded(signed), `${url()}/router/rest`);
      assert.deepEqual(JSON.parse(reply.text).results, [{ is_success: true }]);
    });

    test('/healthz and /metrics answer anybody', async () => {
      assert.deepEqual(JSON.parse((await curl(`${url()}/healthz`)).text), { status: 'ok', broker: 'connected' });
      const metrics = await curl(`${url()}/metrics`);
      assert.equal(metrics.type, 'text/plain; version=0.0.4; charset=utf-8');
      const counted = ['bcast.BatchPub', 'bcast.PubBroadcast', 'bcast.RegisterMessage', 'bcast.management'];
      for (const name of [...(await listed()).names, ...counted]) {
        assert.match(metrics.text, new RegExp(`^fleet_bridge_calls_total{action="${name}",code="OK"} [1-9]`, 'm'));
      }
      const ofApps = [kApp, kOtherApp].flatMap(Object.values);
      for (const secret of ['secret', 'token/with', 'testid', 'bcastkey', 'a1BwAGVdemo', ...ofApps]) {
        assert.ok(!metrics.text.includes(secret), `${secret} is told`);
      }
    });

    test('every action of the tables was driven, well and badly, by a client of npm and by curl', async () => {
      const { names, bcast } = await listed();
      for (const by of ['npm', 'curl']) {
        assert.deepEqual([...driven[scheme][by].ok].sort(), names, `well, by ${by}`);
        assert.deepEqual([...driven[scheme][by].refused].sort(), names, `badly, by ${by}`);
      }
      assert.deepEqual([...driven[scheme].bcast.refused].sort(), bcast);
      assert.deepEqual([...driven[scheme].bcast.ok].sort(), bcast);
    });
  });
}

test('a caller beyond its quota is refused', async () => {
  const limits = 'limits: { BatchPub: 1/m, taobao.tmc.messages.consume: 1/m }\n';
  const url = await stage.startBridge('limited', '', kConfiguration + limits);
  const caller = new Caller(popCore(url, 'POST', kAccount), newDriven());
  await caller.ok('BatchPub', kDemo);
  await caller.refused('Throttling.User', 'BatchPub', kDemo, 400);
  const app = topClient(url, 'POST', kApp);
  assert.equal((await app.call('taobao.tmc.messages.consume', {})).error, undefined);
  const { error } = await app.call('taobao.tmc.messages.consume', {});
  assert.deepEqual([error.code, error.sub_code], [7, 'accesscontrol.limited-by-app-api-access-count']);
});

test('a caller of HTTPS who does not know the certificate goes away', async () => {
  const outcome = await new Promise((resolve) => {
    request(endpoints.https, { agent: false, ca: rootCertificates[0] }, resolve).on('error', resolve).end();
  });
  assert.equal(outcome.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
});

test('plain HTTP to the port of HTTPS is told so', async () => {
  const reply = await curl(`${endpoints.https.replace('https:', 'http:')}/healthz`);
  assert.equal(reply.status, 400);
  assert.match(reply.text, /HTTPS/);
});
