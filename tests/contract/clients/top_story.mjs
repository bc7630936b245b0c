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

// Empties the group's queue and confirms it; the contents that were in it.
async function drain(app, group) {
  const contents = [];
  for (;;) {
    const taken = await app.ok('taobao.tmc.messages.consume', { group_name: group, quantity: 10 });
    const messages = taken.messages.tmc_message ?? [];
    if (messages.length === 0) return contents;
    for (const message of messages) assert.equal(message.topic, kTopic);
    contents.push(...messages.map((message) => message.content));
    const ids = messages.map((message) => message.id).join(',');
    const confirmed = await app.ok('taobao.tmc.messages.confirm', { group_name: group, s_message_ids: ids });
    assert.ok(isTrue(confirmed.is_success));
  }
}

export async function topStory(client, driven, subscriber, tag, appKey) {
  const app = new App(client, driven);
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
  assert.deepEqual(consumed.sort(), accepted.map(([, text]) => text).sort());

  const ofUs = ({ topic, payload }) => topic.startsWith('tmc/') && payload.toString().includes(`"${tag}"`);
  const arrived = await subscriber.arrived(accepted.length, ofUs);
  assert.ok(arrived.every(({ qos }) => qos === 1));
  assert.deepEqual(arrived.map(({ topic, payload }) => [topic, payload.toString()]).sort(), accepted.sort());
}
