// A queue in one vector: allocates nothing once it has grown to its usual length.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace fleet::wire::mqtt {

// First in, first out; push_front() is for what was taken too early. Values are moved. Not shared between threads.
template <class T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
  [[nodiscard]] T& front() { return items_[head_]; }
  [[nodiscard]] const T& front() const { return items_[head_]; }
  [[nodiscard]] T& back() { return items_.back(); }
  // The item behind `place` others.
  [[nodiscard]] const T& at(std::size_t place) const { return items_[head_ + place]; }

  void push_back(T value) {
    // Without this a queue that is never empty would grow for ever. Each item is moved once on average.
    if (items_.size() == items_.capacity() && head_ > items_.size() / 2) drop_taken();
    items_.push_back(std::move(value));
  }
  void push_front(T value) {
    if (head_ > 0) {
      items_[--head_] = std::move(value);
    } else {
      items_.insert(items_.begin(), std::move(value));
    }
  }
  // Not on an empty queue.
  T pop_front() {
    T value = std::move(items_[head_++]);
    if (empty()) clear();
    return value;
  }
  void clear() {
    items_.clear();
    head_ = 0;
  }
  // Removes every item for which `unwanted` says true, keeping the order.
  template <class Predicate>
  void remove_if(Predicate unwanted) {
    drop_taken();
    std::erase_if(items_, unwanted);
  }

 private:
  void drop_taken() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace fleet::wire::mqtt
