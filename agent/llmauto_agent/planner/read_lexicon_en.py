"""English: the words that are operators of the grammar (see read_lexicon.py for the symbols)."""

from __future__ import annotations

_MORE = r"(?:more|above|over|higher|older|greater|up|longer|larger|better|later|heavier|bigger)"
_LESS = r"(?:less|fewer|below|under|lower|younger|shorter|smaller|earlier|lighter|cheaper)"
_NUM = r"(?= ?[$€£¥]?(?:{n}|a |the age of ))"

ENGLISH: list[tuple[str, str]] = [
    # comparisons
    ("≻", rf"(?:is |was |are |were )?(?:more|greater|higher|larger|bigger|better) th[ae]n|exceed(?:s|ing|ed)?|above|over{_NUM}|beyond{_NUM}|upwards of|past{_NUM}|topp(?:ing|ed){_NUM}|more{_NUM}"),
    ("⪯", r"(?:no|not) (?:more|greater|higher|larger|over|above)(?: than)?|at most|at the most|up to|maximum of|max\.? of(?= ?{n})|not exceeding"),
    ("⪯", r"(?:less|smaller|lower|fewer|younger|earlier) than or equal to|<="), ("⪰", r"(?:more|greater|larger|higher|bigger|older|later) than or equal to|>="),
    ("⪰", r"(?:no|not) (?:less|fewer|lower|smaller|under|below)(?: than)?|at (?:the )?least|minimum of|min\.? of(?= ?{n})"),
    ("≺", rf"(?:is |was |are |were )?(?:less|fewer|lower|smaller) th[ae]n|below|under{_NUM}|beneath"),
    ("⪰", rf"(?<=\S )(?:or|and|&) {_MORE}(?: than that)?|(?<={{n}})\+|(?<={{n}} )plus"),
    ("⪯", rf"(?<=\S )(?:or|and) {_LESS}"),
    ("≈", r"(?:is |are )?(?:exactly|equal to|equals?)|equalling"),
    ("≠", r"(?:is |are )?not equal to|different from|differs from"),
    ("⟨old⟩≻", r"older than|over the age of|aged over|above the age of"),
    ("⟨old⟩≺", r"younger than|under the age of|aged under|below the age of"),
    ("⟨price⟩≻", r"(?:more expensive|costlier|pricier|dearer) than"),
    ("⟨price⟩≺", r"(?:cheaper|less expensive) than"),
    ("⟨weight⟩≻", r"heavier than"), ("⟨weight⟩≺", r"lighter than"),
    ("⟨length⟩≻", r"longer than"), ("⟨length⟩≺", r"shorter than"),
    ("⟨height⟩≻", r"taller than"), ("⟨temperature⟩≻", r"(?:hotter|warmer) than"),
    ("⟨temperature⟩≺", r"(?:colder|cooler) than"),
    ("⟨date⟩≻", r"later than|newer than"), ("⟨date⟩≺", r"earlier than"),
    # sorting
    ("⇓", r"(?:in )?(?:descending|decreasing|reverse)(?: order)?|desc|(?:from )?(?:the )?(?:high(?:est)?|larg(?:e|est)|big(?:gest)?|most|best) (?:to|down to) (?:the )?(?:low(?:est)?|small(?:est)?|least|worst)|(?:the )?(?:highest|largest|biggest|most|greatest|best|newest|latest|top|longest|(?:biggest|highest|largest) count) (?:ones? )?(?:first|on top|at the top|on the top)"),
    ("⇑", r"(?:in )?(?:ascending|increasing|alphabetical(?:ly)?|chronological(?:ly)?)(?: order)?|asc|alphabetically|(?:from )?(?:the )?(?:low(?:est)?|small(?:est)?|least|worst) to (?:the )?(?:high(?:est)?|larg(?:e|est)|big(?:gest)?|most|best)|(?:the )?(?:lowest|smallest|least|oldest|earliest|worst|cheapest|shortest|fewest) (?:ones? )?(?:first|on top|at the top)"),
    ("⇅", r"(?:and )?(?:then )?(?:sort(?:ed)?|(?<!units )(?<!items )(?<!products )order(?:ed)|order(?= (?:it|them|that|this|the result) by)|ranked|rank(?= (?:them|it|by|the|{c}))|arranged)(?: (?:it|them|that|this|those|the result|the results))? by|sort(?:ed)?(?: (?:it|them|that|this|those))?|order by|ranked"),
    # counts
    ("‡", r"(?:how many|(?:the )?number of|(?:the )?count(?: of)?) (?:different|distinct|unique|separate|various|kinds of|types of)|distinct count of|count distinct"),
    ("#", r"how many(?: of (?:the|them|these|those))?|(?:the )?(?:total |overall |absolute |exact )?(?:number|nr|no\.|count|counts|frequency|numbers) of(?: all| the| our)?|count(?:ing)?(?: the| all)?|head ?counts?|how often|how frequent(?:ly)?|(?:the )?number(?= {t})"),
    # aggregates
    ("μ", r"(?:on )?(?:average|avarage|averge|avrage)|avg\.?|averaged|(?:the )?mean|typical|typically|averages"),
    ("η", r"(?:the )?medians?"),
    ("Σ", r"(?:the )?(?:grand )?(?:total|overall|combined|aggregate|summed|complete)(?: (?:sum|amount|value)(?: of)?)?|(?:the )?sums?(?: of)?|in total|totals|altogether|add up|summed up"),
    ("↑", r"(?:the )?(?:maximum|max\.?|maximal)"),
    ("↓", r"(?:the )?(?:minimum|min\.?|minimal)"),
    ("σ", r"(?:the )?(?:standard deviations?|std\.?(?: ?dev(?:iation)?\.?)?|stdev|stddev|sd|spread)"),
    ("ν", r"(?:the )?variance"),
    ("◊", r"(?:the )?mode(?= of)|(?:the )?modal"),
    ("%", r"(?:what |which )?(?:is the )?(?:the )?(?:percentages?|percent|pct\.?|per cent|%|shares?|proportion|fraction|portion)(?: of(?= )(?: the| all| our)?)?|(?:what|which) part of(?: the| all)?"),
    ("rate", r"rates?|ratio(?= of {v})"),
    # superlatives
    ("⊤#", r"(?:the )?(?:most|highest|top) (?:common(?:ly)?|frequent(?:ly)?|often|popular|numerous|prevalent|used)|(?:the )?commonest|most of the time|most often|dominant|predominant"),
    ("⊥#", r"(?:the )?(?:least|lowest) (?:common(?:ly)?|frequent(?:ly)?|often|popular|used)|(?:the )?rarest"),
    ("⊤⟨price⟩", r"(?:the )?(?:most expensive|priciest|dearest|costliest|most costly)"),
    ("⊥⟨price⟩", r"(?:the )?(?:cheapest|least expensive|least costly)"),
    ("⊤⟨old⟩", r"(?:the )?oldest|eldest"), ("⊥⟨old⟩", r"(?:the )?youngest"),
    ("⊤⟨date⟩", r"(?:the )?(?:newest|latest|most recent(?:ly)?|last(?= {t}))"), ("⊥⟨date⟩", r"(?:the )?earliest"),
    ("⊤⟨length⟩", r"(?:the )?longest"), ("⊥⟨length⟩", r"(?:the )?shortest"),
    ("⊤⟨depth⟩", r"(?:the )?deepest"), ("⊥⟨depth⟩", r"(?:the )?shallowest"), ("⊤⟨strength⟩", r"(?:the )?strongest"),
    ("⊤⟨deaths⟩", r"(?:the )?(?:deadliest|most deadly)"), ("⊥⟨duration⟩", r"(?:the )?quickest"),
    ("⊤#", r"(?:the )?busiest"),
    ("⊤⟨weight⟩", r"(?:the )?heaviest"), ("⊥⟨weight⟩", r"(?:the )?lightest"),
    ("⊤⟨height⟩", r"(?:the )?(?:tallest|highest(?= (?:mountain|volcano|peak)))"),
    ("⊤⟨temperature⟩", r"(?:the )?(?:hottest|warmest)"), ("⊥⟨cold⟩", r"(?:the )?(?:coldest|coolest)"),
    ("⊤⟨speed⟩", r"(?:the )?fastest"), ("⊥⟨speed⟩", r"(?:the )?slowest"),
    ("⊤⟨income⟩", r"(?:the )?(?:richest|wealthiest)"), ("⊥⟨income⟩", r"(?:the )?poorest"),
    ("⊤⟨precipitation⟩", r"(?:the )?(?:wettest|rainiest)"), ("⊤⟨wind⟩", r"(?:the )?windiest"),
    ("⊤⟨population⟩", r"(?:the )?(?:most populous|most populated|most people)"),
    ("⊥⟨population⟩", r"(?:the )?(?:least populous|least populated)"),
    ("⊤⟨quantity⟩", r"(?:the )?(?:best|top|most|highest)[- ](?:selling|sold|seller|sellers)|(?:sold|sells?|sold the) (?:the )?(?:most|best)(?! {c})"),
    ("⊥⟨quantity⟩", r"(?:the )?(?:worst|least|lowest)[- ](?:selling|sold)|(?:sold|sells?) (?:the )?(?:least|worst)"),
    ("⊤⟨rating⟩", r"(?:the )?(?:best|top|highest)[- ](?:rated|scored|scoring|reviewed|ranked)"),
    ("⊥⟨rating⟩", r"(?:the )?(?:worst|lowest)[- ](?:rated|scored|scoring|reviewed)"),
    ("⊤", r"(?:the |a )?(?:highest|largest|biggest|greatest|most|best|top|hardest)"),
    ("⊥", r"(?:the |a )?(?:lowest|smallest|least|fewest|worst|bottom|weakest)"),
    ("¤", r"(?<={n} )times"),
    # words of a later stage, kept from being linked
    ("keep", r"(?:running|cumulative) (?:total|sum|count|number)|cumulative(?:ly)?|accumulated|running|(?:year|month|quarter|week|day)[- ](?:over|on|to|by)[- ](?:year|month|quarter|week|day)|yoy|mom|qoq|growth|moving average|(?<=[a-z] )counts?(?= |$)|(?:bar|line|pie|scatter|column|area) (?:chart|graph|plot)|histogram|never|differences?"),
    # groups
    ("⊞", r"(?:the )?(?:split|breakdown|mix|make-?up|composition|distribution) (?:of|by|across)(?: the| all)?(?= {c})"),
    ("⊞", r"cross[- ]?tab(?:ulation)?s?(?: of)?|contingency table of|distribution(?: of)?(?= {c})|broken down"),
    ("⊞", r"(?:grouped |group |broken down |break(?:ing)? (?:that |it |this |them )?down |broken out |split (?:up )?(?:that |it |this |them )?|splitted |separated |separately |divided up |segmented |sliced )?(?:by|per|for) (?:each|every|the different|different|all the)|(?:grouped |group |broken down |break(?:ing)? (?:that |it |this |them )?down |split (?:up )?(?:that |it |this |them )?|segmented )by|per|for (?:each|every)|(?:in|within|on|of|from|at|to|with|among|across) (?:each|every)(?: of the| one of the)?|across(?: all| the| different)?|separately for|depending on|according to|each|every|over the(?= (?:{c}))|over(?= {c})|for different|by"),
    ("⟨weight⟩", r"weigh(?:s|ing|ed)?"), ("⟨cost⟩", r"cost(?:s|ing)?(?= (?:more|less|over|under|above|below|between|at|exactly|up))"), ("⟨income⟩", r"earn(?:s|ing|ed)?"), ("⟨old⟩", r"aged"), ("⟨length⟩", r"lasts?|lasting|lasted"),
    # nulls and text
    ("∃", r"(?:is |are |was )?(?:not (?:missing|null|empty|blank|unknown)|known|available|recorded)|non-?null"),
    ("∅", r"(?:is |are |was )?(?:missing|lack(?:s|ing)?|unknown|null|empty|blank|unrecorded|undefined)|(?:is |are |was |were )?not (?:recorded|known|given|available|set|specified|filled(?: in)?|there)|(?:have|has|had|with) no(?: recorded| known)?(?= {c})|without(?: an?| any)?(?: recorded| known)?(?= {c})"),
    ("ℓ", r"(?:that |which |whose name )?(?:contain(?:s|ing)?|includ(?:es|ing)|has|having|with|mention(?:s|ing)?)(?: the)?(?: word| text| string| substring| term)?(?= {q})|contain(?:s|ing)?"),
    ("⊢", r"(?:that |which )?(?:start(?:s|ing)?|begin(?:s|ning)?)(?: with)?(?= {q}| the letter| [a-z](?![a-z]))|(?:start(?:s|ing)?|begin(?:s|ning)?) with"),
    ("⊣", r"(?:that |which )?end(?:s|ing)? (?:with|in|on)"),
    ("corr", r"(?:what is the |the )?correlations?(?: coefficient)?(?: between| of)?|(?:is|are|does) (?:there an? )?(?:relation(?:ship)?|association|link)(?: between)?|(?:how )?(?:strongly |well |much )?(?:is |are |does |do )?(?P<r>correlated?|corelated?|relate[sd]?)(?: with| to)?|relationship between|pearson"),
]  # fmt: skip

# A phrase that says nothing for the plan; what is left beside these was not understood.
FILLERS = frozenset(
    ["a", "an", "the", "of", "for", "to", "in", "on", "at", "with", "from", "and", "or", "is", "are", "was", "were", "be", "been", "being", "do", "does", "did", "has", "have", "had", "having", "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "this", "that", "these", "those", "there", "here", "it", "its", "they", "them", "their", "he", "she", "his", "her", "we", "our", "us", "you", "your", "i", "my", "me", "please", "show", "list", "give", "tell", "find", "get", "display", "all", "any", "some", "as", "than", "then", "so", "if", "into", "within", "out", "up", "about", "just", "only", "also", "both", "either", "compute", "calculate", "return", "can", "could", "would", "should", "will", "shall", "want", "need", "see", "like", "let", "lets", "know", "wondering", "look", "looks", "looking", "s", "t", "m", "am", "exactly", "altogether", "overall", "currently", "now", "ok", "okay", "hi", "hello", "hey", "thanks", "thank", "print", "query", "table", "tables", "data", "dataset", "one", "ones", "thing", "things", "value", "values", "figure", "figures", "result", "results", "many", "much", "per", "by", "over", "there's", "whats", "what's", "respectively", "kind", "sort", "type", "types", "different", "various", "distinct", "unique", "individual", "i'd", "id", "like", "make", "made", "produce", "report", "reported", "records", "record", "rows", "row", "entries", "entry", "total", "got", "get", "gets", "go", "goes", "went", "come", "comes", "came", "occur", "occurs", "occurred", "happen", "happened", "exist", "exists", "everybody", "everyone", "anybody", "anyone", "someone", "somebody", "board", "often", "likely", "pls", "plz", "please", "file", "cover", "covers", "everything", "names", "overall", "total", "developed", "evolved", "also", "kind", "offer", "offers", "give", "gives", "given", "made", "make", "anywhere", "held", "hold", "found", "contained", "contains", "contain", "include", "includes", "included", "belong", "belongs", "recorded", "every", "each", "such", "more", "name", "called", "named", "people", "person", "overview", "breakdown", "broken", "split", "combinations", "combination", "just", "only", "world", "worldwide", "global", "overall", "change", "changes", "across", "among", "amongst", "between", "during", "while", "where", "back", "along", "plus", "too", "well", "quick", "quickly", "simply", "paid", "pay", "pays", "spent", "spend", "cost", "costs", "earned", "earn", "earns", "took", "take", "takes", "live", "lives", "lived", "living", "respective", "each", "other", "compared", "compare", "comparing", "comparison", "versus", "vs", "against", "whether", "sold", "sell", "sells", "selling", "bought", "buy", "buys", "ordered", "placed", "made", "travelled", "traveled", "travelling", "own", "owned", "owns", "use", "uses", "used", "using", "work", "works", "worked", "working", "aboard", "board", "onboard", "ever"]
)  # fmt: skip
