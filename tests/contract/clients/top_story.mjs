// One app uses every method of taobao.tmc, well and badly; then what the broker delivered is compared with what was
// accepted.
import assert from 'node:assert/strict';

const kTopic = 'taobao_jds_TradeTrace';

class App {
  constructor(client, driven) {
    this.client = client;
    this.driven = driven;
  }

  async ok(method, params) {
    const { body, error } = await this.client.call(method, params);
    assert.equal(error, undefined, `${this.client.name} ${method}: ${JSON.stringify(error)}`);
    assert.match(body.request_id, /^[0-9a-z]{12}$/);
    this.driven.ok.add(method);
    return body;
  }

  async refused(code, method, params, subCode) {
    const { body, error } = await this.client.call(method, params);
    assert.equal(body, undefined, `${this.client.name} ${method} was not refused`);
    assert.deepEqual([Number(error.code), error.sub_code], [code, subCode]);
    assert.match(error.request_id, /^[0-9a-z]{12}$/);
    this.driven.refused.add(method);
  }
}

const isTrue = (value) => String(value) === 'true';

// Empties the group's queue and confirms it; the messages that were in it.
async function drain(app, group, more = {}) {
  const all = [];
  for (;;) {
    const taken = await app.ok('taobao.tmc.messages.consume', { group_name: group, quantity: 10, ...more });
    const messages = taken.messages.tmc_message ?? [];
    if (messages.length === 0) return all;
    for (const message of messages) assert.equal(message.topic, kTopic);
    all.push(...messages);
    const ids = messages.map((message) => message.id).join(',');
    const confirmed = await app.ok('taobao.tmc.messages.confirm', { group_name: group, s_message_ids: ids, ...more });
    assert.ok(isTrue(confirmed.is_success));
  }
}

// `app` sends to `other`, which has the session `session`, messages with ex content and without; returns what MQTT
// consumers must get for it.
async function toAnotherApp(app, other, { otherKey, session, content, exContent }) {
  const message = (number, more) => ({ topic: kTopic, content: content(number), ...more });
  const messages = [
    message(60, { target_app_key: otherKey, target_group: 'warehouse', json_ex_content: exContent }),
    message(61, { target_app_key: otherKey }),
    message(62, { target_app_key: 'nobody' }),
    message(63, { target_app_key: otherKey, target_group: 'analytics' }), // a group of the sender's own
    message(64, { target_app_key: otherKey, json_ex_content: 'no JSON' }),
  ];
  const some = await app.ok('taobao.tmc.messages.produce', { messages });
  const results = some.results.tmc_produce_result.map((result) => isTrue(result.is_success));
  assert.deepEqual(results, [true, true, false, false, false]);
  const single = message(65, { target_appkey: otherKey, target_group: 'warehouse', ex_content: exContent });
  await app.ok('taobao.tmc.message.produce', single);

  const own = { messages: [message(66, { target_group: 'warehouse' })] };
  await other.refused(26, 'taobao.tmc.messages.produce', own);
  await other.refused(27, 'taobao.tmc.messages.produce', { ...own, session: `${session}0` });
  await other.refused(27, 'taobao.tmc.messages.consume', { session: `${session}0` });
  await other.ok('taobao.tmc.messages.produce', { ...own, session });

  const read = async (group) => (await drain(other, group, { session })).map((one) => [one.content, one.json_ex_content]);
  assert.deepEqual(await read('default'), [[content(61), undefined]]);
  const inWarehouse = [
    [content(60), exContent],
    [content(65), exContent],
    [content(66), undefined],
  ];
  assert.deepEqual(await read('warehouse'), inWarehouse);
  const topic = (group) => `tmc/${otherKey}/${group}/${kTopic}`;
  return [[topic('default'), content(61)], ...inWarehouse.map(([text]) => [topic('warehouse'), text])];
}

// `make` gives a client of an app. `another` has the sessions that are named with it.
export async function topStory(make, driven, subscriber, tag, { appKey, appSecret }, another) {
  const app = new App(make({ appKey, appSecret }), driven);
  const content = (number) => JSON.stringify({ tag, number, note: '向阳 a b+c&d=e' });
  const message = (number, more = {}) => ({ topic: kTopic, content: content(number), ...more });
  const accepted = [];
  const accept = (number, group) => accepted.push([`tmc/${appKey}/${group}/${kTopic}`, content(number)]);

  const fifty = Array.from({ length: 50 }, (_, i) => message(i, { target_group: i % 2 ? 'warehouse' : 'analytics' }));
  const all = await app.ok('taobao.tmc.messages.produce', { messages: fifty });
  assert.ok(isTrue(all.is_all_success));
  assert.equal(all.results.tmc_produce_result.length, 50);
  fifty.forEach((each, i) => accept(i, each.target_group));

  const mixed = [message(50), { topic: kTopic }, message(51, { topic: 'nobody_Knows' }), message(52)];
  const some = await app.ok('taobao.tmc.messages.produce', { messages: mixed });
  assert.ok(!isTrue(some.is_all_success));
  const results = some.results.tmc_produce_result;
  assert.deepEqual(results.map((result) => isTrue(result.is_success)), [true, false, false, true]);
  assert.equal(results[1].error_code, 'isv.invalid-paramter');
  accept(50, 'default');
  accept(52, 'default');
  const tooMany = { messages: [...fifty, message(99)] };
  await app.refused(50, 'taobao.tmc.messages.produce', tooMany, 'isv.invalid-parameter');
  await app.refused(41, 'taobao.tmc.messages.produce', { messages: 'no list' });
  await app.refused(40, 'taobao.tmc.messages.produce', {});

  const single = { topic: kTopic, content: content(53), target_group: 'warehouse' };
  assert.ok(isTrue((await app.ok('taobao.tmc.message.produce', single)).is_success));
  accept(53, 'warehouse');
  await app.refused(40, 'taobao.tmc.message.produce', { topic: kTopic });
  const nowhere = { ...single, target_group: 'nobody' };
  await app.refused(50, 'taobao.tmc.message.produce', nowhere, 'isv.invalid-parameter');

  await app.refused(41, 'taobao.tmc.messages.consume', { group_name: 'nobody' });
  await app.refused(41, 'taobao.tmc.messages.consume', { quantity: 9 });
  await app.refused(41, 'taobao.tmc.messages.confirm', { s_message_ids: 'one' });
  await app.refused(40, 'taobao.tmc.messages.confirm', {});
  const consumed = [];
  for (const group of ['default', 'warehouse', 'analytics']) consumed.push(...(await drain(app, group)));
  assert.deepEqual(consumed.map((one) => one.content).sort(), accepted.map(([, text]) => text).sort());

  const { appKey: otherKey, session } = another;
  const texts = { otherKey, session, content, exContent: JSON.stringify({ full_link_test: true, note: '向阳' }) };
  accepted.push(...(await toAnotherApp(app, new App(make(another), driven), texts)));

  const ofUs = ({ topic, payload }) => topic.startsWith('tmc/') && payload.toString().includes(`"${tag}"`);
  const arrived = await subscriber.arrived(accepted.length, ofUs);
  assert.ok(arrived.every(({ qos }) => qos === 1));
  assert.deepEqual(arrived.map(({ topic, payload }) => [topic, payload.toString()]).sort(), accepted.sort());
}
