// What the benchmark found: one row a figure, with every repeat behind it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fleet::bench {

enum class Bound { none, at_most, at_least };

struct Figure {
  std::string part;             // which part of the benchmark found it
  std::string what;             // with its unit
  std::vector<double> product;  // one a repeat
  std::vector<double> beside;   // what stands beside it in the same repeat; may be empty
  double value = 0;  // median of the repeats: of product / beside where there is a beside, of product otherwise
  Bound bound = Bound::none;
  double to_reach = 0;

  [[nodiscard]] bool reached() const;
};

// Middle value; the mean of the two middle ones of an even number; 0 of none.
double median(std::vector<double> values);

// A figure that is a ratio, repeat by repeat; both have the same number of repeats.
Figure ratio(std::string part, std::string what, std::vector<double> product, std::vector<double> beside,
             Bound bound = Bound::none, double to_reach = 0);

// A figure that stands for itself.
Figure plain(std::string part, std::string what, std::vector<double> product, Bound bound = Bound::none,
             double to_reach = 0);

// Columns: what, product, beside (medians), value, to reach, whether it was reached.
std::string table(const std::vector<Figure>& figures);

// [{part, what, product [..], beside [..], value, bound, to_reach, reached}]
nlohmann::json to_json(const std::vector<Figure>& figures);

}  // namespace fleet::bench
