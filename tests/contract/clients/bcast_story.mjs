// A script that speaks the dialect of EMQX's bcast plugin with curl: every action and management call, well and badly;
// then what the broker delivered is compared with what was owed.
import assert from 'node:assert/strict';
import { curl } from './curl.mjs';

const kPath = '/api/v5/plugin_api/emqx_bcast/';
const kUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const kNobody = '00000000-0000-4000-8000-000000000000';

export class BcastCaller {
  constructor(endpoint, credentials, driven) {
    this.url = endpoint + kPath;
    this.credentials = credentials;
    this.driven = driven;
  }

  // `name`: as the documentation has it, the action or "METHOD path"; of no call of either: undefined.
  async call(name, status, method, path, ...more) {
    const reply = await curl('--user', this.credentials, '--request', method, ...more, this.url + path);
    assert.equal(reply.status, status, `${name}: ${reply.text}`);
    assert.equal(reply.type, 'application/json');
    const body = JSON.parse(reply.text);
    if (status === 401) return body;
    assert.equal(body.Success, status === 200);
    assert.match(body.RequestId, kUuid);
    if (name !== undefined) (status === 200 ? this.driven.ok : this.driven.refused).add(name);
    return body;
  }

  post(name, status, members) {
    const json = ['--header', 'Content-Type: application/json', '--data-raw', JSON.stringify(members)];
    return this.call(name, status, 'POST', 'pub', ...json);
  }

  pub(action, status, members) {
    return this.post(`${action} (bcast)`, status, { Action: action, ...members });
  }

  async refused(code, action, members, status = 400) {
    assert.equal((await this.pub(action, status, members)).Code, code);
  }

  manage(status, method, path, name = path) {
    return this.call(`${method} ${name}`, status, method, path);
  }
}

// A delivery that the broker is kept from acknowledging is asked for and forgotten; its publish is not recalled.
async function waitingDelivery(caller, broker, call) {
  const [DeviceName] = call.DeviceName;
  await broker.freeze();
  try {
    const owed = caller.pub('BatchPub', 200, { ...call, Qos: 1 });
    const device = `deliveries?product_key=${call.ProductKey}&device_name=${DeviceName}`;
    let waiting = [];
    for (const deadline = Date.now() + 30_000; waiting.length === 0 && Date.now() < deadline; ) {
      waiting = (await caller.manage(200, 'GET', device, 'deliveries')).Deliveries;
    }
    const path = `deliveries/${waiting[0].DeliveryId}`;
    const one = await caller.manage(200, 'GET', path, 'deliveries/{id}');
    assert.deepEqual([one.DeviceNames, one.TargetCount, one.PendingCount], [[DeviceName], 1, 1]);
    await caller.manage(200, 'DELETE', path, 'deliveries/{id}');
    await caller.manage(404, 'GET', path, 'deliveries/{id}');
    broker.thaw();
    await owed;
  } finally {
    broker.thaw();
  }
}

export async function bcastStory(caller, { broker, subscriber }, tag, ProductKey) {
  const owed = [];
  const base64 = (text) => Buffer.from(text).toString('base64');
  const content = `bcast ${tag}`;
  const MessageContent = base64(content);
  const DeviceName = Array.from({ length: 20 }, (_, i) => `${tag}-${i}`);
  const batch = { ProductKey, DeviceName, MessageContent };

  await caller.pub('BatchPub', 200, { ...batch, Qos: 0 });
  for (const name of DeviceName) owed.push([`/${ProductKey}/${name}/user/get`, 0, content]);
  const TopicTemplateName = `/${tag}/\${deviceName}/news`;
  await caller.pub('BatchPub', 200, { ...batch, Qos: 1, TopicTemplateName });
  for (const name of DeviceName) owed.push([`/${tag}/${name}/news`, 1, content]);
  await caller.refused('InvalidProductKey', 'BatchPub', { ...batch, ProductKey: 'nobody' });
  await caller.refused('DuplicateDeviceName', 'BatchPub', { ...batch, DeviceName: [tag, tag] });
  await caller.refused('InvalidQos', 'BatchPub', { ...batch, Qos: 2 });
  await caller.refused('InvalidBase64', 'BatchPub', { ...batch, MessageContent: 'not base64' });
  const tooMany = Array.from({ length: 10_001 }, (_, i) => `d${i}`);
  await caller.refused('DeviceCountExceeded', 'BatchPub', { ...batch, DeviceName: tooMany });
  await caller.refused('MessageIdContentConflict', 'BatchPub', { ...batch, MessageId: kNobody });
  await caller.refused('MessageIdContentConflict', 'BatchPub', { ProductKey, DeviceName });
  const wrongTopics = [
    { TopicTemplateName: `/${tag}/news` },
    { TopicTemplateName: `/${tag}/+/\${deviceName}` },
    { TopicTemplateName: `/${tag}/\${deviceName}/\${somebody}` },
    { TopicShortName: 'a/b' },
  ];
  for (const topic of wrongTopics) await caller.refused('InvalidTopicTemplate', 'BatchPub', { ...batch, ...topic });
  assert.equal((await caller.post(undefined, 400, batch)).Code, 'MissingAction');
  assert.equal((await caller.post(undefined, 400, { ...batch, Action: 'Batchpub' })).Code, 'UnknownAction');

  const TopicFullName = `/sys/broadcast/${ProductKey}/${tag}`;
  await caller.pub('PubBroadcast', 200, { ProductKey, MessageContent, TopicFullName });
  owed.push([TopicFullName, 0, content]);
  const tooLarge = { ProductKey, MessageContent: base64('x'.repeat(65_537)) };
  await caller.refused('MessageTooLarge', 'PubBroadcast', tooLarge);
  const foreign = { ProductKey, MessageContent, TopicFullName: `/sys/${ProductKey}/${tag}/thing/topo/change` };
  await caller.refused('InvalidTopicTemplate', 'PubBroadcast', foreign);

  const text = `registered ${tag}`;
  const { MessageId } = await caller.pub('RegisterMessage', 200, { MessageContent: base64(text) });
  assert.equal((await caller.pub('RegisterMessage', 200, { MessageContent: base64(text) })).MessageId, MessageId);
  await caller.pub('BatchPub', 200, { ProductKey, DeviceName: [tag], MessageId, Qos: 1, TopicShortName: 'x' });
  owed.push([`/${ProductKey}/${tag}/user/x`, 1, text]);
  await caller.refused('MessageNotFound', 'RegisterMessage', { MessageId: kNobody });
  await caller.refused('MessageIdContentConflict', 'RegisterMessage', {});

  const messages = await caller.manage(200, 'GET', 'messages');
  assert.ok(messages.Messages.some((message) => message.MessageId === MessageId));
  await caller.manage(400, 'GET', 'messages?limit=0', 'messages');
  const one = await caller.manage(200, 'GET', `messages/${MessageId}`, 'messages/{id}');
  assert.equal(one.PayloadSize, Buffer.byteLength(text));
  await caller.manage(200, 'DELETE', `messages/${MessageId}`, 'messages/{id}');
  await caller.manage(404, 'GET', `messages/${MessageId}`, 'messages/{id}');
  await caller.manage(404, 'DELETE', `messages/${MessageId}`, 'messages/{id}');
  // Each delivery above was acknowledged before its call was answered, so that none is under way now.
  const device = `deliveries?product_key=${ProductKey}&device_name=${tag}`;
  assert.deepEqual((await caller.manage(200, 'GET', device, 'deliveries')).Deliveries, []);
  await caller.manage(400, 'GET', 'deliveries', 'deliveries');
  await caller.manage(404, 'GET', `deliveries/${kNobody}`, 'deliveries/{id}');
  await caller.manage(404, 'DELETE', `deliveries/${kNobody}`, 'deliveries/{id}');

  await waitingDelivery(caller, broker, { ...batch, DeviceName: [`${tag}-waits`] });
  owed.push([`/${ProductKey}/${tag}-waits/user/get`, 1, content]);

  await caller.pub('BatchPub', 200, { ...batch, DeviceName: [`${tag}-last`], Qos: 1 });
  owed.push([`/${ProductKey}/${tag}-last/user/get`, 1, content]);
  const ofUs = ({ payload }) => payload.toString().endsWith(` ${tag}`);
  const arrived = await subscriber.arrived(owed.length, ofUs);
  assert.deepEqual(arrived.map(({ topic, qos, payload }) => [topic, qos, payload.toString()]).sort(), owed.sort());
}
