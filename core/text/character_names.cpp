// Tables of names.
#include "core/text/character_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace consa {
namespace {

// Latin-1's upper half from U+00A0.
constexpr std::array<std::string_view, 96> kLatin = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

// From U+0391; one code point there is no letter.
constexpr std::array<std::string_view, 25> kGreekCapitals = {
    "Alpha", "Beta",    "Gamma", "Delta", "Epsilon", "Zeta",  "Eta", "Theta",   "Iota", "Kappa", "Lambda", "Mu",   "Nu",
    "Xi",    "Omicron", "Pi",    "Rho",   "",        "Sigma", "Tau", "Upsilon", "Phi",  "Chi",   "Psi",    "Omega"};

// From U+03B1.
constexpr std::array<std::string_view, 25> kGreekSmall = {
    "alpha", "beta",    "gamma", "delta", "epsilon", "zeta",  "eta", "theta",   "iota", "kappa", "lambda", "mu",   "nu",
    "xi",    "omicron", "pi",    "rho",   "sigmaf",  "sigma", "tau", "upsilon", "phi",  "chi",   "psi",    "omega"};

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 150> kOthers = {{{"Tab", 0x0009},
                                                                                  {"NewLine", 0x000a},
                                                                                  {"excl", 0x0021},
                                                                                  {"QUOT", 0x0022},
                                                                                  {"quot", 0x0022},
                                                                                  {"num", 0x0023},
                                                                                  {"dollar", 0x0024},
                                                                                  {"percnt", 0x0025},
                                                                                  {"AMP", 0x0026},
                                                                                  {"amp", 0x0026},
                                                                                  {"apos", 0x0027},
                                                                                  {"lpar", 0x0028},
                                                                                  {"rpar", 0x0029},
                                                                                  {"ast", 0x002a},
                                                                                  {"midast", 0x002a},
                                                                                  {"plus", 0x002b},
                                                                                  {"comma", 0x002c},
                                                                                  {"period", 0x002e},
                                                                                  {"sol", 0x002f},
                                                                                  {"colon", 0x003a},
                                                                                  {"semi", 0x003b},
                                                                                  {"LT", 0x003c},
                                                                                  {"lt", 0x003c},
                                                                                  {"equals", 0x003d},
                                                                                  {"GT", 0x003e},
                                                                                  {"gt", 0x003e},
                                                                                  {"quest", 0x003f},
                                                                                  {"commat", 0x0040},
                                                                                  {"lbrack", 0x005b},
                                                                                  {"lsqb", 0x005b},
                                                                                  {"bsol", 0x005c},
                                                                                  {"rbrack", 0x005d},
                                                                                  {"rsqb", 0x005d},
                                                                                  {"Hat", 0x005e},
                                                                                  {"UnderBar", 0x005f},
                                                                                  {"lowbar", 0x005f},
                                                                                  {"DiacriticalGrave", 0x0060},
                                                                                  {"grave", 0x0060},
                                                                                  {"lbrace", 0x007b},
                                                                                  {"lcub", 0x007b},
                                                                                  {"VerticalLine", 0x007c},
                                                                                  {"verbar", 0x007c},
                                                                                  {"vert", 0x007c},
                                                                                  {"rbrace", 0x007d},
                                                                                  {"rcub", 0x007d},
                                                                                  {"COPY", 0x00a9},
                                                                                  {"REG", 0x00ae},
                                                                                  {"OElig", 0x0152},
                                                                                  {"oelig", 0x0153},
                                                                                  {"Scaron", 0x0160},
                                                                                  {"scaron", 0x0161},
                                                                                  {"Yuml", 0x0178},
                                                                                  {"fnof", 0x0192},
                                                                                  {"circ", 0x02c6},
                                                                                  {"tilde", 0x02dc},
                                                                                  {"thetasym", 0x03d1},
                                                                                  {"upsih", 0x03d2},
                                                                                  {"piv", 0x03d6},
                                                                                  {"ensp", 0x2002},
                                                                                  {"emsp", 0x2003},
                                                                                  {"thinsp", 0x2009},
                                                                                  {"zwnj", 0x200c},
                                                                                  {"zwj", 0x200d},
                                                                                  {"lrm", 0x200e},
                                                                                  {"rlm", 0x200f},
                                                                                  {"ndash", 0x2013},
                                                                                  {"mdash", 0x2014},
                                                                                  {"lsquo", 0x2018},
                                                                                  {"rsquo", 0x2019},
                                                                                  {"sbquo", 0x201a},
                                                                                  {"ldquo", 0x201c},
                                                                                  {"rdquo", 0x201d},
                                                                                  {"bdquo", 0x201e},
                                                                                  {"dagger", 0x2020},
                                                                                  {"Dagger", 0x2021},
                                                                                  {"bull", 0x2022},
                                                                                  {"hellip", 0x2026},
                                                                                  {"permil", 0x2030},
                                                                                  {"prime", 0x2032},
                                                                                  {"Prime", 0x2033},
                                                                                  {"lsaquo", 0x2039},
                                                                                  {"rsaquo", 0x203a},
                                                                                  {"oline", 0x203e},
                                                                                  {"frasl", 0x2044},
                                                                                  {"euro", 0x20ac},
                                                                                  {"image", 0x2111},
                                                                                  {"weierp", 0x2118},
                                                                                  {"real", 0x211c},
                                                                                  {"trade", 0x2122},
                                                                                  {"alefsym", 0x2135},
                                                                                  {"larr", 0x2190},
                                                                                  {"uarr", 0x2191},
                                                                                  {"rarr", 0x2192},
                                                                                  {"darr", 0x2193},
                                                                                  {"harr", 0x2194},
                                                                                  {"crarr", 0x21b5},
                                                                                  {"lArr", 0x21d0},
                                                                                  {"uArr", 0x21d1},
                                                                                  {"rArr", 0x21d2},
                                                                                  {"dArr", 0x21d3},
                                                                                  {"hArr", 0x21d4},
                                                                                  {"forall", 0x2200},
                                                                                  {"part", 0x2202},
                                                                                  {"exist", 0x2203},
                                                                                  {"empty", 0x2205},
                                                                                  {"nabla", 0x2207},
                                                                                  {"isin", 0x2208},
                                                                                  {"notin", 0x2209},
                                                                                  {"ni", 0x220b},
                                                                                  {"prod", 0x220f},
                                                                                  {"sum", 0x2211},
                                                                                  {"minus", 0x2212},
                                                                                  {"lowast", 0x2217},
                                                                                  {"radic", 0x221a},
                                                                                  {"prop", 0x221d},
                                                                                  {"infin", 0x221e},
                                                                                  {"ang", 0x2220},
                                                                                  {"and", 0x2227},
                                                                                  {"or", 0x2228},
                                                                                  {"cap", 0x2229},
                                                                                  {"cup", 0x222a},
                                                                                  {"int", 0x222b},
                                                                                  {"there4", 0x2234},
                                                                                  {"sim", 0x223c},
                                                                                  {"cong", 0x2245},
                                                                                  {"asymp", 0x2248},
                                                                                  {"ne", 0x2260},
                                                                                  {"equiv", 0x2261},
                                                                                  {"le", 0x2264},
                                                                                  {"ge", 0x2265},
                                                                                  {"sub", 0x2282},
                                                                                  {"sup", 0x2283},
                                                                                  {"nsub", 0x2284},
                                                                                  {"sube", 0x2286},
                                                                                  {"supe", 0x2287},
                                                                                  {"oplus", 0x2295},
                                                                                  {"otimes", 0x2297},
                                                                                  {"perp", 0x22a5},
                                                                                  {"sdot", 0x22c5},
                                                                                  {"lceil", 0x2308},
                                                                                  {"rceil", 0x2309},
                                                                                  {"lfloor", 0x230a},
                                                                                  {"rfloor", 0x230b},
                                                                                  {"loz", 0x25ca},
                                                                                  {"spades", 0x2660},
                                                                                  {"clubs", 0x2663},
                                                                                  {"hearts", 0x2665},
                                                                                  {"diams", 0x2666},
                                                                                  {"lang", 0x27e8},
                                                                                  {"rang", 0x27e9}}};

// Of kOthers, those that HTML also takes without a semicolon.
constexpr std::array<std::string_view, 10> kOldOthers = {"amp", "lt", "gt",   "quot", "AMP",
                                                         "LT",  "GT", "QUOT", "COPY", "REG"};

/// The place of `name` in `names` counted from `first`; 0 when it is not there.
template <std::size_t Size>
std::uint32_t placeIn(const std::array<std::string_view, Size>& names, std::string_view name, std::uint32_t first) {
    const auto* const found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? 0 : first + static_cast<std::uint32_t>(found - names.begin());
}

}  // namespace

std::uint32_t codePointOfName(std::string_view name) {
    if (name.empty()) return 0;
    if (const std::uint32_t latin = placeIn(kLatin, name, 0xa0)) return latin;
    if (const std::uint32_t capital = placeIn(kGreekCapitals, name, 0x391)) return capital;
    if (const std::uint32_t small = placeIn(kGreekSmall, name, 0x3b1)) return small;
    const auto* const found =
        std::find_if(kOthers.begin(), kOthers.end(), [name](const auto& entry) { return entry.first == name; });
    return found == kOthers.end() ? 0 : found->second;
}

bool isOldEntity(std::string_view name) {
    const auto* const found = std::find(kOldOthers.begin(), kOldOthers.end(), name);
    return found != kOldOthers.end() || placeIn(kLatin, name, 0xa0) != 0;
}

}  // namespace consa
