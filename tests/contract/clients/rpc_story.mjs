// One caller uses every action of the RPC API, well and badly, from making its products to deleting a device; then what
// the broker delivered is compared with what was owed, to the message.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';

const kUuid = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;

// A caller who remembers what it did. `driven` collects the actions that succeeded and those that were refused.
export class Caller {
  constructor(client, driven) {
    this.client = client;
    this.driven = driven;
  }

  async ok(action, params) {
    const { status, code, body } = await this.client.call(action, params);
    assert.equal(code, undefined, `${this.client.name} ${action}: ${JSON.stringify(body)}`);
    assert.equal(status, 200);
    assert.match(body.RequestId, kUuid);
    assert.equal(String(body.Success), 'true');
    this.driven.ok.add(action);
    return body;
  }

  // A failure of the service is HTTP 200, one of the gateway is not.
  async refused(code, action, params, wantedStatus = 200) {
    const answer = await this.client.call(action, params);
    assert.equal(answer.code, code, `${this.client.name} ${action}: ${JSON.stringify(answer.body)}`);
    assert.equal(answer.status, wantedStatus);
    assert.match(answer.body.RequestId, kUuid);
    if (wantedStatus === 200) assert.equal(String(answer.body.Success), 'false');
    assert.ok((wantedStatus === 200 ? answer.body.ErrorMessage : answer.body.Message).length > 0);
    this.driven.refused.add(action);
    return answer.body;
  }

  async missing(name, action, params) {
    await this.refused(`Missing${name}`, action, params, 400);
  }
}

const list = (holder, name) => holder?.[name] ?? [];
const names = (devices) => devices.map((device) => device.DeviceName);

function signTopology(item, secret, method) {
  const content = Object.keys(item)
    .sort()
    .map((name) => name[0].toLowerCase() + name.slice(1) + item[name])
    .join('');
  const Sign =
    method === 'Sha256'
      ? createHash('sha256').update(content + secret).digest('hex')
      : createHmac(method.slice(4), secret).update(content).digest('hex');
  return { ...item, SignMethod: method, Sign };
}

// The batch has reached this state; each look is an answer's time apart.
async function untilStatus(caller, batch, wanted) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const { Data } = await caller.ok('QueryBatchRegisterDeviceStatus', batch);
    if (Data.Status === wanted) return Data;
    assert.match(Data.Status, /^(CHECK|CREATE)$/);
  }
  return assert.fail(`the batch has not become ${wanted}`);
}

async function products(caller, tag) {
  const made = {};
  for (const [kind, more] of [
    ['lamp', { NodeType: 0 }],
    ['hub', { NodeType: 1 }],
    ['sensor', { NodeType: 0, ProtocolType: 'zigbee' }],
  ]) {
    const { ProductKey, Data } = await caller.ok('CreateProduct', { ProductName: `${kind}_${tag}`, ...more });
    assert.match(ProductKey, /^[A-Za-z0-9]{1,32}$/);
    assert.equal(Data.ProductKey, ProductKey);
    assert.equal(Number(Data.NodeType), more.NodeType);
    made[kind] = ProductKey;
  }
  await caller.missing('ProductName', 'CreateProduct', { NodeType: 0 });
  await caller.refused('iot.prod.InvalidNodeType', 'CreateProduct', { ProductName: `x_${tag}`, NodeType: 7 });
  const again = { ProductName: `lamp_${tag}`, NodeType: 0 };
  await caller.refused('iot.prod.AlreadyExistedProductName', 'CreateProduct', again);

  const { Data } = await caller.ok('QueryProductTopic', { ProductKey: made.lamp });
  const topics = list(Data, 'ProductTopicInfo').map((topic) => [topic.TopicShortName, topic.Operation]);
  assert.deepEqual(new Map(topics), new Map([
    [`/${made.lamp}/\${deviceName}/user/update`, '0'],
    [`/${made.lamp}/\${deviceName}/user/update/error`, '0'],
    [`/${made.lamp}/\${deviceName}/user/get`, '1'],
  ]));
  await caller.refused('iot.prod.NotExistedProduct', 'QueryProductTopic', { ProductKey: 'a1nobody' });
  await caller.refused('iot.prod.NullProductKey', 'QueryProductTopic', { ProductKey: '' });
  return made;
}

const kSensors = Array.from({ length: 10 }, (_, i) => `sensor-${String(i + 1).padStart(4, '0')}`);

async function singleDevices(caller, { lamp, hub, sensor }) {
  const secrets = {};
  for (const [ProductKey, DeviceName, Nickname] of [
    [lamp, 'lamp@hall:x.y-z_1', '客厅的灯'],
    [hub, 'hub-0001', 'first_hub'],
    [hub, 'hub-0002', 'second_hub'],
    ...kSensors.map((name, i) => [sensor, name, `センサー_${i}`]),
  ]) {
    const { Data } = await caller.ok('RegisterDevice', { ProductKey, DeviceName, Nickname });
    assert.deepEqual([Data.ProductKey, Data.DeviceName, Data.Nickname], [ProductKey, DeviceName, Nickname]);
    assert.match(Data.DeviceSecret, /^[A-Za-z0-9]{32}$/);
    secrets[DeviceName] = Data.DeviceSecret;
  }
  const twice = { ProductKey: hub, DeviceName: 'hub-0001' };
  await caller.refused('iot.device.AlreadyExistedDeviceName', 'RegisterDevice', twice);
  await caller.refused('iot.device.InvalidFormattedDeviceName', 'RegisterDevice', { ...twice, DeviceName: 'a b' });

  const named = await caller.ok('QueryDeviceDetail', twice);
  assert.equal(named.Data.DeviceSecret, secrets['hub-0001']);
  const known = await caller.ok('QueryDeviceDetail', { IotId: named.Data.IotId });
  assert.equal(known.Data.Nickname, 'first_hub');
  const nobody = { ProductKey: hub, DeviceName: 'nobody' };
  await caller.refused('iot.device.NotExistedDevice', 'QueryDeviceDetail', nobody);
  return secrets;
}

async function batches(caller, { lamp, hub }) {
  const ProductKey = lamp;
  const DeviceName = Array.from({ length: 12 }, (_, i) => `lamp-${1_000 + i}`); // .10 sorts before .2
  const bad = { ProductKey, DeviceName: ['fine-name', 'ab', 'no space', 'fine-name'] };
  const lists = (await caller.refused('iot.device.InvalidDeviceNameExisted', 'BatchCheckDeviceNames', bad)).Data;
  assert.deepEqual(lists.InvalidDeviceNameList, { InvalidDeviceName: ['ab', 'no space'] });
  assert.deepEqual(lists.RepeatedDeviceNameList, { RepeatedDeviceName: ['fine-name'] });
  assert.deepEqual(names(lists.InvalidDetailList.InvalidDetailList), ['ab', 'no space']);
  const nicknamed = { ProductKey, DeviceNameList: [{ DeviceName: 'lamp-2000', DeviceNickname: '!' }] };
  await caller.refused('iot.device.InvalidDeviceNickNameExisted', 'BatchCheckDeviceNames', nicknamed);
  await caller.missing('ProductKey', 'BatchCheckDeviceNames', { DeviceName });

  const { Data } = await caller.ok('BatchCheckDeviceNames', { ProductKey, DeviceName });
  const batch = { ProductKey, ApplyId: Data.ApplyId };
  await untilStatus(caller, batch, 'CHECK_SUCCESS');
  const unknown = { ProductKey, ApplyId: 999 };
  await caller.refused('iot.device.DeviceApplyIsNotFound', 'QueryBatchRegisterDeviceStatus', unknown);
  const wrong = { ...batch, ProductKey: hub };
  await caller.refused('iot.device.IncorrentDeviceApplyInfo', 'BatchRegisterDeviceWithApplyId', wrong);
  await caller.ok('BatchRegisterDeviceWithApplyId', batch);
  const done = await untilStatus(caller, batch, 'CREATE_SUCCESS');
  assert.deepEqual([...list(done.ValidList, 'Name'), ...list(done.InvalidList, 'Name')], []);

  const page = await caller.ok('QueryPageByApplyId', { ApplyId: Data.ApplyId, CurrentPage: 3, PageSize: 5 });
  assert.deepEqual([page.Page, page.PageSize, page.PageCount, page.Total].map(Number), [3, 5, 3, 12]);
  assert.equal(list(page.ApplyDeviceList, 'ApplyDeviceInfo').length, 2);
  await caller.refused('iot.common.InvalidPageParams', 'QueryPageByApplyId', { ApplyId: Data.ApplyId, PageSize: 51 });

  const taken = (await caller.ok('BatchCheckDeviceNames', { ProductKey, DeviceName: ['lamp-1000', 'lamp-3000'] })).Data;
  const refused = await untilStatus(caller, { ProductKey, ApplyId: taken.ApplyId }, 'CHECK_FAILED');
  assert.deepEqual(list(refused.ValidList, 'Name'), ['lamp-3000']);
  assert.deepEqual(list(refused.InvalidList, 'Name'), ['lamp-1000']);

  const random = (await caller.ok('BatchRegisterDevice', { ProductKey: hub, Count: 3 })).Data;
  await untilStatus(caller, { ProductKey: hub, ApplyId: random.ApplyId }, 'CREATE_SUCCESS');
  await caller.refused('iot.device.DeviceCountExceeded', 'BatchRegisterDevice', { ProductKey, Count: 10_001 });
  await caller.refused('iot.common.InvalidFormattedParameter', 'BatchRegisterDevice', { ProductKey, Count: -1 });

  const devices = await caller.ok('QueryDevice', { ProductKey, CurrentPage: 1, PageSize: 50 });
  assert.equal(Number(devices.Total), 13);
  assert.deepEqual(names(devices.Data.DeviceInfo).sort(), [...DeviceName, 'lamp@hall:x.y-z_1'].sort());
  await caller.refused('iot.common.InvalidPageParams', 'QueryDevice', { ProductKey, CurrentPage: 0 });
  return DeviceName;
}

// Returns what must arrive for it.
async function messages(caller, { lamp }, lamps) {
  const owed = [];
  const content = Buffer.from([0, 255, 10, ...Buffer.from('灯 on & off = 1+1')]);
  const MessageContent = content.toString('base64');
  const owe = (topic, qos, payload = content) => owed.push({ topic, qos, payload: payload.toString('hex') });
  const batch = { ProductKey: lamp, TopicShortName: 'get', MessageContent };
  for (const Qos of [0, 1]) {
    await caller.ok('BatchPub', { ...batch, DeviceName: lamps, Qos });
    for (const name of lamps) owe(`/${lamp}/${name}/user/get`, Qos);
  }
  const template = { TopicTemplateName: `/${lamp}/\${deviceName}/user/get` };
  const one = { ProductKey: lamp, DeviceName: ['lamp@hall:x.y-z_1'], MessageContent };
  await caller.ok('BatchPub', { ...one, ...template, Qos: 1 });
  owe(`/${lamp}/lamp@hall:x.y-z_1/user/get`, 1);
  // All or nothing: the good names among bad ones get nothing.
  const among = { ...batch, DeviceName: [...lamps, 'nobody'] };
  await caller.refused('iot.device.NotExistedDevice', 'BatchPub', among);
  const twice = { ...batch, DeviceName: [...lamps, lamps[0]] };
  await caller.refused('iot.common.InvalidFormattedParameter', 'BatchPub', twice);
  const wild = { ...batch, DeviceName: lamps, TopicShortName: '+/get' };
  await caller.refused('iot.messagebroker.InvalidFormattedTopicName', 'BatchPub', wild);
  const plain = { ...batch, DeviceName: lamps, MessageContent: 'not base64' };
  await caller.refused('iot.messagebroker.MessageContentIsNotBase64Encode', 'BatchPub', plain);
  await caller.missing('MessageContent', 'BatchPub', { ProductKey: lamp, DeviceName: lamps, TopicShortName: 'get' });

  const TopicFullName = `/${lamp}/${lamps[0]}/user/get`;
  const pub = { ProductKey: lamp, MessageContent, Qos: 1 };
  assert.match(String((await caller.ok('Pub', { ...pub, TopicFullName })).MessageId), /^\d{19}$/);
  owe(TopicFullName, 1);
  const update = `/${lamp}/${lamps[0]}/user/update`; // devices publish there
  await caller.refused('iot.messagebroker.TopicTemplateIsNotFound', 'Pub', { ...pub, TopicFullName: update });

  const broadcast = { ProductKey: lamp, MessageContent };
  await caller.ok('PubBroadcast', { ...broadcast, TopicFullName: `/broadcast/${lamp}/news` });
  owe(`/broadcast/${lamp}/news`, 0);
  const { MessageId } = await caller.ok('PubBroadcast', broadcast);
  for (const name of [...lamps, 'lamp@hall:x.y-z_1']) owe(`/sys/${lamp}/${name}/broadcast/request/${MessageId}`, 0);
  const foreign = { ...broadcast, TopicFullName: '/broadcast/somebody/news' };
  await caller.refused('iot.messagebroker.InvalidFormattedTopicName', 'PubBroadcast', foreign);
  return owed;
}

// Returns what the gateways must be told.
async function topology(caller, { hub, sensor }, secrets) {
  const owed = [];
  const owe = (gateway, status, ...deviceNames) =>
    owed.push({ topic: `/sys/${hub}/${gateway}/thing/topo/change`, status, deviceNames });
  const first = { ProductKey: sensor, DeviceName: 'sensor-0001' };
  const second = { ProductKey: sensor, DeviceName: 'sensor-0002', ClientId: 'c-2', Timestamp: 1646277090411 };
  const signed = [
    signTopology(first, secrets['sensor-0001'], 'Sha256'),
    signTopology(second, secrets['sensor-0002'], 'hmacSha1'),
    signTopology({ ...first, DeviceName: 'sensor-0003' }, secrets['sensor-0003'], 'hmacMd5'),
  ];
  const to = (GwDeviceName, ...TopoAddItem) => ({ GwProductKey: hub, GwDeviceName, TopoAddItem });
  const forged = signTopology(second, 'not the secret', 'hmacMd5');
  await caller.refused('iot.device.VerifyDeviceFailed', 'BatchAddThingTopo', to('hub-0001', signed[0], forged));
  const unsigned = { ...first, SignMethod: 'hmacMd5' };
  await caller.missing('TopoAddItem.1.Sign', 'BatchAddThingTopo', to('hub-0001', unsigned));
  // Ten of which the tenth is bad, and then good: all or nothing.
  const ten = kSensors.map((DeviceName) =>
    signTopology({ ProductKey: sensor, DeviceName }, secrets[DeviceName], 'hmacSha256'),
  );
  const tenWith = (last) => to('hub-0002', ...ten.slice(0, 9), { ...ten[9], ...last });
  await caller.refused('iot.device.VerifyDeviceFailed', 'BatchAddThingTopo', tenWith({ Sign: ten[8].Sign }));
  await caller.refused('iot.device.NotExistedDevice', 'BatchAddThingTopo', tenWith({ DeviceName: 'nobody' }));
  const ofSecondHub = { ProductKey: hub, DeviceName: 'hub-0002', PageNo: 1, PageSize: 10 };
  assert.equal(Number((await caller.ok('GetThingTopo', ofSecondHub)).Data.Total), 0);
  await caller.ok('BatchAddThingTopo', tenWith({}));
  assert.equal(Number((await caller.ok('GetThingTopo', ofSecondHub)).Data.Total), 10);
  owe('hub-0002', 0, ...kSensors);
  await caller.ok('BatchAddThingTopo', to('hub-0001', ...signed));
  owe('hub-0001', 0, 'sensor-0001', 'sensor-0002', 'sensor-0003');
  owe('hub-0002', 1, 'sensor-0001', 'sensor-0002', 'sensor-0003');
  await caller.ok('BatchAddThingTopo', to('hub-0002', signTopology(first, secrets['sensor-0001'], 'hmacSha256')));
  owe('hub-0001', 1, 'sensor-0001');
  owe('hub-0002', 0, 'sensor-0001');

  const gateway = { ProductKey: hub, DeviceName: 'hub-0001' };
  const { Data } = await caller.ok('GetThingTopo', { ...gateway, PageNo: 1, PageSize: 10 });
  assert.equal(Number(Data.Total), 2);
  assert.deepEqual(names(list(Data.List, 'deviceInfo')).sort(), ['sensor-0002', 'sensor-0003']);
  await caller.missing('PageNo', 'GetThingTopo', { ...gateway, PageSize: 10 });
  await caller.refused('iot.common.InvalidPageParams', 'GetThingTopo', { ...gateway, PageNo: 1, PageSize: 51 });

  const DeviceListStr = JSON.stringify([{ productKey: sensor, deviceName: 'sensor-0001' }]);
  const asked = { GwProductKey: hub, GwDeviceName: 'hub-0001', DeviceListStr };
  const { Data: notice } = await caller.ok('NotifyAddThingTopo', asked);
  assert.match(String(notice.MessageId), /^\d+$/);
  owed.push({ topic: `/sys/${hub}/hub-0001/thing/topo/add/notify`, deviceNames: ['sensor-0001'] });
  const unreadable = { ...asked, DeviceListStr: '[{' };
  await caller.refused('iot.common.InvalidFormattedParameter', 'NotifyAddThingTopo', unreadable);

  const attached = { ProductKey: sensor, DeviceName: 'sensor-0002' };
  await caller.ok('DisableThing', attached);
  owe('hub-0001', 8, 'sensor-0002');
  await caller.ok('EnableThing', attached);
  owe('hub-0001', 2, 'sensor-0002');
  for (const action of ['DisableThing', 'EnableThing']) {
    await caller.refused('iot.device.NotExistedDevice', action, { ...attached, DeviceName: 'nobody' });
  }

  await caller.ok('RemoveThingTopo', gateway);
  owe('hub-0001', 1, 'sensor-0002', 'sensor-0003');
  await caller.refused('iot.device.NotExistedDevice', 'RemoveThingTopo', { ...gateway, DeviceName: 'nobody' });

  await caller.ok('DeleteDevice', first);
  owe('hub-0002', 1, 'sensor-0001');
  await caller.refused('iot.device.NotExistedDevice', 'DeleteDevice', first);
  return owed;
}

const inOrder = (rows) => rows.map((row) => JSON.stringify(row)).sort();

// What the broker has delivered for the products, against what was owed: nothing less, nothing more.
async function compare(subscriber, owed, notices, keys) {
  const ofUs = ({ topic }) => keys.some((key) => topic.includes(`/${key}/`));
  const arrived = await subscriber.arrived(owed.length + notices.length, ofUs);
  const isNotice = ({ topic }) => topic.includes('/thing/topo/');
  const rest = arrived.filter((message) => !isNotice(message));
  assert.deepEqual(
    inOrder(rest.map(({ topic, qos, payload }) => ({ topic, qos, payload: payload.toString('hex') }))),
    inOrder(owed),
  );
  const told = arrived.filter(isNotice).map(({ topic, payload }) => {
    const { method, params } = JSON.parse(payload);
    assert.equal(method, topic.split('/').slice(4).join('.'));
    const status = params.status === undefined ? {} : { status: params.status };
    return { topic, ...status, deviceNames: (params.subList ?? params).map((device) => device.deviceName).sort() };
  });
  assert.deepEqual(inOrder(told), inOrder(notices));
}

export async function rpcStory(client, driven, subscriber, tag) {
  const caller = new Caller(client, driven);
  const keys = await products(caller, tag);
  const secrets = await singleDevices(caller, keys);
  const lamps = await batches(caller, keys);
  const owed = await messages(caller, keys, lamps);
  const notices = await topology(caller, keys, secrets);
  // The last message of all is behind whatever should not have come.
  const last = `/${keys.lamp}/${lamps[0]}/user/get`;
  await caller.ok('Pub', { ProductKey: keys.lamp, TopicFullName: last, MessageContent: 'bGFzdA==', Qos: 1 });
  owed.push({ topic: last, qos: 1, payload: Buffer.from('last').toString('hex') });
  await compare(subscriber, owed, notices, Object.values(keys));
}
