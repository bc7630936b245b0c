#include "bench/limit/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "wire/error.h"

namespace fleet::bench {
namespace {

// Four significant digits or whole numbers, whichever is more.
std::string text_of(double value) {
  if (std::abs(value) >= 1'000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

std::string text_of(const std::vector<double>& values) { return values.empty() ? "" : text_of(median(values)); }

std::string bound_text(const Figure& figure) {
  if (figure.bound == Bound::none) return "";
  return (figure.bound == Bound::at_most ? "<= " : ">= ") + text_of(figure.to_reach);
}

const char* outcome(const Figure& figure) {
  if (figure.bound == Bound::none) return "";
  return figure.reached() ? "ok" : "MISSED";
}

}  // namespace

bool Figure::reached() const {
  switch (bound) {
    case Bound::at_most:
      return value <= to_reach;
    case Bound::at_least:
      return value >= to_reach;
    case Bound::none:
      break;
  }
  return true;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Figure ratio(std::string part, std::string what, std::vector<double> product, std::vector<double> beside, Bound bound,
             double to_reach) {
  FLEET_CHECK(product.size() == beside.size());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < product.size(); ++i) ratios.push_back(product[i] / beside[i]);
  return {std::move(part), std::move(what), std::move(product), std::move(beside), median(std::move(ratios)),
          bound,           to_reach};
}

Figure plain(std::string part, std::string what, std::vector<double> product, Bound bound, double to_reach) {
  const double value = median(product);
  return {std::move(part), std::move(what), std::move(product), {}, value, bound, to_reach};
}

std::string table(const std::vector<Figure>& figures) {
  std::size_t width = 4;
  for (const Figure& figure : figures) width = std::max({width, figure.part.size(), figure.what.size()});
  std::string out;
  const auto row = [&out, width](std::string_view what, std::string_view product, std::string_view beside,
                                 std::string_view value, std::string_view to_reach, std::string_view end) {
    out +=
        fmt::format("{:<{}}  {:>10}  {:>10}  {:>8}  {:>9}  {}\n", what, width, product, beside, value, to_reach, end);
  };
  std::string part;
  for (const Figure& figure : figures) {
    if (figure.part != part) {
      part = figure.part;
      if (!out.empty()) out += '\n';
      row(part, "product", "beside", "value", "to reach", "");
    }
    row(figure.what, text_of(figure.product), text_of(figure.beside), text_of(figure.value), bound_text(figure),
        outcome(figure));
  }
  return out;
}

nlohmann::json to_json(const std::vector<Figure>& figures) {
  auto rows = nlohmann::json::array();
  for (const Figure& figure : figures) {
    nlohmann::json row = {{"part", figure.part},     {"what", figure.what},   {"product", figure.product},
                          {"beside", figure.beside}, {"value", figure.value}, {"reached", figure.reached()}};
    if (figure.bound != Bound::none) {
      row["bound"] = figure.bound == Bound::at_most ? "<=" : ">=";
      row["to_reach"] = figure.to_reach;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace fleet::bench
