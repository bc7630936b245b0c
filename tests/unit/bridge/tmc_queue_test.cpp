#include "bridge/tmc/queue.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "bridge/tmc/apps.h"
#include "top_fixture.h"

namespace fleet::bridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::size_t kAnyBytes = 1u << 30;

class TmcQueueTest : public testing::Test {
 protected:
  void push(std::uint64_t id, std::size_t bytes = 10) {
    queue.push(id, {.content = std::make_shared<const std::vector<std::byte>>(bytes)}, now);
  }
  std::vector<std::uint64_t> consume(std::size_t quantity = 200, std::size_t bytes_max = kAnyBytes) {
    std::vector<TmcQueue::Taken> taken;
    queue.consume(quantity, bytes_max, now, taken);
    std::vector<std::uint64_t> ids;
    for (const auto& one : taken) ids.push_back(one.id);
    return ids;
  }

  TmcQueue queue{{.messages_max = 5, .bytes_max = 4'000}};
  wire::TimePoint now{1h};
};

TEST_F(TmcQueueTest, GivesEachMessageToOneReaderUntilItIsConfirmed) {
  for (std::uint64_t id = 1; id <= 4; ++id) push(id);
  EXPECT_THAT(consume(2), ElementsAre(1, 2));
  EXPECT_THAT(consume(), ElementsAre(3, 4));
  EXPECT_THAT(consume(), IsEmpty());
  EXPECT_TRUE(queue.confirm(2));
  EXPECT_FALSE(queue.confirm(2));
  EXPECT_FALSE(queue.confirm(9));
  EXPECT_EQ(queue.size(), 3u);
}

TEST_F(TmcQueueTest, UnconfirmedOnesComeAgainBeforeNewOnes) {
  push(1);
  push(2);
  EXPECT_THAT(consume(1), ElementsAre(1));
  now += 4min;
  EXPECT_THAT(consume(1), ElementsAre(2));
  push(3);
  now += 1min - 1ns;
  EXPECT_THAT(consume(1), ElementsAre(3));
  now += 1ns;
  EXPECT_THAT(consume(), ElementsAre(1));
  now += 4min;
  push(4);
  EXPECT_THAT(consume(), ElementsAre(2, 4));
  EXPECT_TRUE(queue.confirm(3));
  EXPECT_TRUE(queue.confirm(1)) << "late, and taken by nobody else since";
  now += 5min;
  EXPECT_THAT(consume(), ElementsAre(2, 4));
}

TEST_F(TmcQueueTest, AMessageThatNobodyTookCannotBeConfirmed) {
  push(1);
  EXPECT_FALSE(queue.confirm(1));
  EXPECT_THAT(consume(), ElementsAre(1));
}

TEST_F(TmcQueueTest, DropsTheOldestBeyondItsBounds) {
  for (std::uint64_t id = 1; id <= 5; ++id) push(id);
  EXPECT_THAT(consume(1), ElementsAre(1));
  push(6);
  EXPECT_EQ(queue.dropped(), 1u);
  EXPECT_FALSE(queue.confirm(1));
  EXPECT_THAT(consume(), ElementsAre(2, 3, 4, 5, 6));
  push(7, 3'000);
  EXPECT_EQ(queue.dropped(), 4u) << "beside 3,256 bytes there is room for two of 266 in 4,000";
  EXPECT_EQ(queue.bytes(), 3'256u + 2 * 266u);
  push(8, 1'000'000);
  EXPECT_EQ(queue.size(), 1u) << "one message is always kept";
  EXPECT_THAT(consume(), ElementsAre(8));
  EXPECT_TRUE(queue.confirm(8));
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.expired(), 0u);
}

TEST_F(TmcQueueTest, KeepsMessagesForADay) {
  push(1);
  now += 1h;
  push(2);
  EXPECT_THAT(consume(), ElementsAre(1, 2));
  now += 23h;
  EXPECT_THAT(consume(), ElementsAre(2));
  EXPECT_EQ(queue.expired(), 1u);
  now += 24h;
  push(3);
  EXPECT_EQ(queue.expired(), 2u);
  EXPECT_EQ(queue.size(), 1u);
}

TEST_F(TmcQueueTest, EndsAnAnswerBeforeItGetsTooLarge) {
  for (std::uint64_t id = 1; id <= 3; ++id) push(id, 100);
  EXPECT_THAT(consume(200, 800), ElementsAre(1, 2));
  EXPECT_THAT(consume(200, 1), ElementsAre(3)) << "one always fits";
}

}  // namespace

namespace test {
namespace {

class TmcConsume : public testing::Test {
 protected:
  TopReply consume(TopForm more = {}) {
    TopForm params = top_params("taobao.tmc.messages.consume");
    params.merge(more);
    return top.call(params);
  }
  std::vector<nlohmann::json> messages(TopForm more = {}) {
    const auto answer = nlohmann::json::parse(consume(std::move(more)).answer.body);
    return answer["tmc_messages_consume_response"]["messages"]["tmc_message"];
  }
  TopReply confirm(const std::string& ids, TopForm more = {}) {
    TopForm params = top_params("taobao.tmc.messages.confirm");
    params["s_message_ids"] = ids;
    params.merge(more);
    return top.call(params);
  }

  TopUnderTest top;
};

TEST_F(TmcConsume, GivesWhatWasProduced) {
  (void)top.produce(R"([{"topic":"taobao_jds_TradeTrace","content":"{\"note\":\"<向阳>&\"}","target_group":"warehouse",
                         "json_ex_content":"{\"full_link_test\":true}"}])");
  EXPECT_THAT(messages(), IsEmpty()) << "another group";
  const auto found = messages({{"group_name", "warehouse"}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["topic"], "taobao_jds_TradeTrace");
  EXPECT_EQ(found[0]["pub_app_key"], "12345678");
  EXPECT_EQ(found[0]["pub_time"], "2026-01-02 11:04:05");
  EXPECT_EQ(found[0]["content"], R"({"note":"<向阳>&"})");
  EXPECT_EQ(found[0]["json_ex_content"], R"({"full_link_test":true})");
  EXPECT_EQ(found[0]["id"], 1'767'323'045'000'001);
  EXPECT_EQ(without_request_id(confirm("1767323045000001", {{"group_name", "warehouse"}}).answer.body),
            R"({"tmc_messages_confirm_response":{"is_success":true,"request_id":"ID"}})");
  top.now += std::chrono::minutes(5);
  EXPECT_THAT(messages({{"group_name", "warehouse"}}), IsEmpty());
}

TEST_F(TmcConsume, AnswersInXmlAndSimplified) {
  (void)top.produce(R"([{"topic":"taobao_jds_TradeTrace","content":"\"<&\""}])");
  EXPECT_EQ(without_request_id(consume({{"format", "xml"}, {"group_name", "analytics"}}).answer.body),
            R"({"tmc_messages_consume_response":{"messages":{"tmc_message":[]},"request_id":"ID"}})")
      << "merge() keeps what is there";
  TopForm params = top_params("taobao.tmc.messages.consume");
  params["format"] = "xml";
  EXPECT_THAT(
      top.call(params).answer.body,
      HasSubstr("<tmc_messages_consume_response><messages><tmc_message><id>1767323045000001</id>"
                "<topic>taobao_jds_TradeTrace</topic><pub_app_key>12345678</pub_app_key>"
                "<pub_time>2026-01-02 11:04:05</pub_time><content>\"&lt;&amp;\"</content></tmc_message></messages>"));
  params["format"] = "json";
  params["simplify"] = "true";
  EXPECT_EQ(without_request_id(top.call(params).answer.body), R"({"messages":[],"request_id":"ID"})");
}

TEST_F(TmcConsume, OneOfTwoReadersGetsAMessageAndComesAgain) {
  for (int i = 0; i < 3; ++i) (void)top.produce(some_messages(50));
  EXPECT_EQ(messages().size(), 100u);
  EXPECT_EQ(messages({{"quantity", "10"}}).size(), 10u);
  EXPECT_EQ(messages({{"quantity", "200"}}).size(), 40u);
  EXPECT_EQ(messages().size(), 0u);
  top.now += std::chrono::minutes(5);
  EXPECT_EQ(messages({{"quantity", "200"}}).size(), 150u);
}

TEST_F(TmcConsume, RefusesBadArguments) {
  for (const char* quantity : {"9", "201", "0", "-1", "ten", "10.0", "99999999999999999999", " 10"}) {
    EXPECT_THAT(consume({{"quantity", quantity}}).answer.body, HasSubstr("\"Invalid arguments:quantity\"")) << quantity;
  }
  EXPECT_THAT(consume({{"group_name", "nobody"}}).answer.body, HasSubstr("\"Invalid arguments:group_name\""));
  EXPECT_THAT(confirm("").answer.body, HasSubstr("\"Missing required arguments:s_message_ids\""));
  for (const char* ids : {",", "1,", ",1", "1,,2", "a", "1 ,2", "-1", "99999999999999999999"}) {
    EXPECT_THAT(confirm(ids).answer.body, HasSubstr("\"Invalid arguments:s_message_ids\"")) << ids;
  }
  std::string many = "1";
  for (int i = 1; i < 200; ++i) many += ",1";
  EXPECT_EQ(confirm(many).code(), 0);
  EXPECT_EQ(confirm(many + ",1").code(), 41);
  EXPECT_EQ(confirm("1", {{"group_name", "nobody"}}).code(), 41);
}

TEST_F(TmcConsume, TheTargetsQueueGetsTheMessageAndKnowsItsProducer) {
  (void)top.produce(R"([{"topic":"taobao_jds_TradeTrace","content":"1","target_app_key":"87654321"}])");
  TopForm params = top_params("taobao.tmc.messages.consume");
  EXPECT_THAT(top.call(params).answer.body, HasSubstr("\"tmc_message\":[]"));
  params["app_key"] = "87654321";
  EXPECT_THAT(top.call(params, "othersecret").answer.body, HasSubstr("\"pub_app_key\":\"12345678\""));
}

}  // namespace
}  // namespace test
}  // namespace fleet::bridge
