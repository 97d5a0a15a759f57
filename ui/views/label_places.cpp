// Pushes labels down where they touch, then back up from the bottom.
#include "ui/views/label_places.h"

#include <algorithm>
#include <numeric>

namespace consa {

std::vector<double> spreadLabels(const std::vector<double>& wanted, double height, double top, double bottom) {
    std::vector<std::size_t> order(wanted.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&wanted](std::size_t left, std::size_t right) { return wanted[left] < wanted[right]; });
    std::vector<double> places = wanted;
    double lowest = top + height / 2;
    for (const std::size_t label : order) {
        places[label] = std::max(places[label], lowest);
        lowest = places[label] + height;
    }
    double highest = bottom - height / 2;
    for (auto label = order.rbegin(); label != order.rend(); ++label) {
        places[*label] = std::min(places[*label], highest);
        highest = places[*label] - height;
    }
    return places;
}

}  // namespace consa
