// Token ids that are read only, in memory of their own or in a mapped file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace consa {

/// A view that keeps alive what it looks at. Copies share it.
class TokenIds {
public:
    TokenIds() = default;
    /// Takes the ids over.
    TokenIds(std::vector<std::int32_t> ids) {  // NOLINT(google-explicit-constructor): a document is made from ids
        const auto owner = std::make_shared<const std::vector<std::int32_t>>(std::move(ids));
        m_ids = *owner;
        m_owner = owner;
    }
    TokenIds(std::span<const std::int32_t> ids, std::shared_ptr<const void> owner)
        : m_ids(ids), m_owner(std::move(owner)) {}

    [[nodiscard]] std::size_t size() const { return m_ids.size(); }
    [[nodiscard]] bool empty() const { return m_ids.empty(); }
    [[nodiscard]] const std::int32_t* data() const { return m_ids.data(); }
    [[nodiscard]] auto begin() const { return m_ids.begin(); }
    [[nodiscard]] auto end() const { return m_ids.end(); }
    [[nodiscard]] std::int32_t operator[](std::size_t index) const { return m_ids[index]; }
    [[nodiscard]] std::int32_t front() const { return m_ids.front(); }
    [[nodiscard]] std::int32_t back() const { return m_ids.back(); }

    /// Ids [begin, end) of these.
    [[nodiscard]] TokenIds part(std::size_t begin, std::size_t end) const {
        return {m_ids.subspan(begin, end - begin), m_owner};
    }

private:
    std::span<const std::int32_t> m_ids;
    std::shared_ptr<const void> m_owner;
};

}  // namespace consa
