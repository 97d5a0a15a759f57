// Writes the demo's text: the book of a little harbour, whose clerk notes facts and is asked for them much later.
#include "core/demo/demo_text.h"

#include "core/base/dice.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace consa {
namespace {

// Local grammar: what a short window serves. All words are plain ASCII.
constexpr std::array kThings{"gull", "seal", "lamp", "mimble", "crab", "rope", "tollow", "bell", "brindle", "oar"};
constexpr std::array kQualities{"small", "wet", "old", "round", "sleepy", "blue", "salty", "quiet"};
constexpr std::array kDeeds{"sleep", "wait", "hum", "drift", "wobble", "rest", "turn", "glimmer"};
constexpr std::array kPlaces{"on the wall",     "by the pier",    "in the fog",
                             "under the stair", "near the light", "at the gate"};
constexpr std::array kSounds{"hush", "plink", "oof", "tra la"};

// Names and values: fresh in every document, so that they must be copied from the context.
constexpr std::string_view kConsonants = "bdfgklmnprstvz";
constexpr std::string_view kVowels = "aeiou";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSignals = "BCDFGHJKLMNPQRSTVWXZ";

// How the clerk writes: new facts, and questions about old ones.
constexpr std::array kNoteOpenings{"Note: ", "New today: ", "Write down: "};
constexpr std::array kAskOpenings{"Asked: ", "Read back: ", "Once more: "};

// Bytes from where a value stood last to the question about it: beyond the demo's window of 48, within its context of
// 512, and mostly well within, so that a window of text holds both ends of most questions (taste).
constexpr std::size_t kNearest = 48;
constexpr std::size_t kFarthest = 470;
constexpr std::size_t kLongestQuestion = 48;
// A name counts as out of the window's reach after so many bytes.
constexpr std::size_t kNameRest = 56;
constexpr std::size_t kLiveFacts = 7;
// Half of a usual block: documents end as often before the asked length as after it.
constexpr std::size_t kHalfWatch = 130;

/// What can be known of a boat. The kinds differ in the order of words and in the letters of the value.
enum class FactKind { Key, Flag, Berth, Captain };
constexpr std::array kFactKinds{FactKind::Key, FactKind::Flag, FactKind::Berth, FactKind::Captain};

struct Fact {
    FactKind kind;
    std::string boat;
    std::string value;
    std::size_t lastMention = 0;  // where its value began last
};

/// One document in the making.
class HarbourBook {
public:
    explicit HarbourBook(std::uint64_t seed) : m_dice(seed) {}

    std::string write(std::size_t bytes) {
        m_text = "The book of " + name(3) + " harbour.\n";
        while (m_text.size() + kHalfWatch < bytes) watch();
        return std::move(m_text);
    }

private:
    // A block of lines between a random label and its echo, some with a smaller block inside.
    void watch() {
        const std::string label = code(kSignals, 4);
        m_text += "[watch " + label + "\n";
        lines(90 + m_dice.below(80), " ");
        if (m_dice.chance(50)) {
            std::string inner = name(2);
            inner += code(kDigits, 2);
            m_text += " (round " + inner + "\n";
            lines(80 + m_dice.below(60), "  ");
            m_text += " ) round " + inner + "\n";
        }
        m_text += "] watch " + label + "\n";
    }

    // Whole lines until at least `bytes` are written.
    void lines(std::size_t bytes, std::string_view indent) {
        const std::size_t end = m_text.size() + bytes;
        while (m_text.size() < end) {
            m_text += indent;
            entry();
            m_text += "\n";
        }
    }

    void entry() {
        const std::size_t roll = m_dice.below(100);
        if (m_facts.size() < 3 || roll < 13) return note();
        if (roll < 80) return ask();
        chatter();
    }

    void note() {
        Fact fact = newFact();
        m_text += m_dice.pick(kNoteOpenings);
        tell(fact);
        m_text += ".";
        if (m_facts.size() == kLiveFacts) m_facts.erase(std::min_element(m_facts.begin(), m_facts.end(), isStaler));
        m_facts.push_back(std::move(fact));
    }

    // One or two old facts, each out of a short window's reach; chatter when nothing can be asked yet.
    void ask() {
        Fact* fact = askable();
        if (!fact) return chatter();
        m_text += m_dice.pick(kAskOpenings);
        tell(*fact);
        if (Fact* second = m_dice.chance(70) ? askable() : nullptr) {
            m_text += ", ";
            tell(*second);
        }
        m_text += ".";
    }

    void chatter() {
        if (m_dice.chance(35)) {
            if (const Fact* fact = restedBoat()) return sightOf(fact->boat);
        }
        const bool isPlural = m_dice.chance(50);
        m_text += isPlural ? "Some " : "One ";
        say(kQualities, " ");
        say(kThings, isPlural ? "s" : "");
        if (m_dice.chance(25)) {
            m_text += " (";
            say(kSounds, ", ");
            say(kSounds, ")");
        }
        m_text += " ";
        say(kDeeds, isPlural ? "" : "s");
        if (m_dice.chance(50)) {
            m_text += " ";
            say(kPlaces, "");
        }
        m_text += ".";
    }

    void sightOf(const std::string& boat) {
        m_text += boat + " ";
        say(kDeeds, "s ");
        say(kPlaces, ".");
    }

    // One draw a statement: the order of draws within an expression would be the compiler's choice.
    template <typename Table>
    void say(const Table& table, std::string_view ending) {
        m_text += m_dice.pick(table);
        m_text += ending;
    }

    // The same words whether noted or asked: recalling is to find them again and to copy what follows.
    void tell(Fact& fact) {
        switch (fact.kind) {
            case FactKind::Key:
                m_text += "the key of " + fact.boat + " is ";
                break;
            case FactKind::Flag:
                m_text += "the flag of " + fact.boat + " is ";
                break;
            case FactKind::Berth:
                m_text += fact.boat + "'s berth is ";
                break;
            case FactKind::Captain:
                m_text += fact.boat + "'s captain is ";
                break;
        }
        fact.lastMention = m_text.size();
        m_text += fact.value;
    }

    // Of a boat that is known already when one has something left to be said, else of a new one.
    Fact newFact() {
        const FactKind kind = m_dice.pick(kFactKinds);
        if (!m_facts.empty() && m_dice.chance(60)) {
            const std::string boat = m_dice.pick(m_facts).boat;
            if (!isTold(boat, kind)) return {kind, told(boat, kind), newValue(kind)};
        }
        return {kind, told(newBoat(), kind), newValue(kind)};
    }

    std::string newBoat() {
        std::string boat = name(2 + m_dice.below(2));
        const auto isTaken = [&](const auto& pair) { return pair.first == boat; };
        while (std::any_of(m_told.begin(), m_told.end(), isTaken)) boat = name(3);
        return boat;
    }

    std::string newValue(FactKind kind) {
        switch (kind) {
            case FactKind::Key:
                return code(kDigits, 4);
            case FactKind::Flag:
                return code(kSignals, 4);
            case FactKind::Berth:
                return mixedCode();
            case FactKind::Captain:
                break;
        }
        return name(2);
    }

    Fact* askable() {
        std::vector<Fact*> found;
        for (Fact& fact : m_facts) {
            const std::size_t distance = m_text.size() - fact.lastMention;
            if (distance >= kNearest && distance + kLongestQuestion <= kFarthest) found.push_back(&fact);
        }
        return found.empty() ? nullptr : m_dice.pick(found);
    }

    // A live fact whose boat has not been named for a while.
    const Fact* restedBoat() {
        const std::string_view recent =
            std::string_view(m_text).substr(m_text.size() - std::min(m_text.size(), kNameRest));
        std::vector<const Fact*> found;
        for (const Fact& fact : m_facts) {
            if (recent.find(fact.boat) == std::string_view::npos) found.push_back(&fact);
        }
        return found.empty() ? nullptr : m_dice.pick(found);
    }

    std::string name(std::size_t syllables) {
        std::string word;
        for (std::size_t i = 0; i < syllables; ++i) word += {m_dice.pick(kConsonants), m_dice.pick(kVowels)};
        word[0] = static_cast<char>(word[0] - 'a' + 'A');
        return word;
    }

    std::string code(std::string_view symbols, std::size_t length) {
        std::string word;
        for (std::size_t i = 0; i < length; ++i) word += m_dice.pick(symbols);
        return word;
    }

    // Letter, digit, letter, digit.
    std::string mixedCode() {
        std::string word = code(kConsonants, 1);
        word += code(kDigits, 1);
        word += code(kConsonants, 1);
        return word += code(kDigits, 1);
    }

    // Nothing is told twice with different values within a document.
    bool isTold(const std::string& boat, FactKind kind) const {
        return std::find(m_told.begin(), m_told.end(), std::pair(boat, kind)) != m_told.end();
    }
    std::string told(const std::string& boat, FactKind kind) {
        m_told.emplace_back(boat, kind);
        return boat;
    }
    static bool isStaler(const Fact& a, const Fact& b) { return a.lastMention < b.lastMention; }

    Dice m_dice;
    std::string m_text;
    std::vector<Fact> m_facts;                             // what can still be asked
    std::vector<std::pair<std::string, FactKind>> m_told;  // all that was ever noted
};

}  // namespace

std::vector<std::string> generateDemoDocuments(std::uint64_t seed, int count, int bytes) {
    std::vector<std::string> documents;
    for (int n = 0; n < count; ++n) {
        HarbourBook book(mixSeed(seed, static_cast<std::uint64_t>(n)));
        documents.push_back(book.write(static_cast<std::size_t>(std::max(bytes, 0))));
    }
    return documents;
}

}  // namespace consa
