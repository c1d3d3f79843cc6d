"""Words that say that a question edits the one before it, and how."""

from __future__ import annotations

import re

OPENERS = re.compile(
    r"^(?:(?:ok|okay|now|and|but|so|then|great|thanks|please|no|hmm|well|good)[, ]+)*"
    r"(?:and\b|what about|how about|only\b|just\b|same\b|the same|instead|but\b|also\b|then\b|with(?:out)?\b|sort\b|order (?:that|it|them|by)|rank\b|as an?\b|as %|as percent|in percent|in %|by\b|per\b|for\b|in\b|from\b|since\b|before\b|after\b"
    r"|remove\b|drop\b|split\b|break\b|exclud|includ|ignor|leave out|limit|show only|show (?:it|that|them|this)|make (?:it|that)|plus\b|top \w+(?: only)?$|bottom \w+(?: only)?$|no,|not\b|except|of (?:those|these|them)|which of (?:them|those|these)|now\b|add\b|all (?:of them|years|rows)|everything|descending|ascending|excluding|restrict|keep\b|use\b|switch|change (?:it|that) to|compare (?:that|it)|filter)"
    r"|\b(?:instead|as well|too|please only|of those|of them|among them|among those|that list|those only|ones only)[?.! ]*$"
    r"|^(?:再|只|仅|换成|换|改成|改为|那|其中|同样|按|前|去掉|不要|排除|除|去除|加上|用|以|也|还|然后|接着|如果只|把(?:它|这个|结果)|里面|这些|它们|从高到低|从低到高|倒序|降序|升序|排序|画成|做成|取消|不限|单独|分(?:别)?按|细分|拆)|(?:呢|怎么样|的话|的情况|看看|一下|就行|就好|即可)[？?。]*$"
)
NEEDS_CONTEXT = re.compile(
    r"^(?:(?:ok|okay|great|thanks|no|hmm|well)[, ]+)*(?:and(?! how many rows)|but|what about|how about|only|just|same|the same|instead|also|then|now)\b"
    r"|\b(?:of|among) (?:them|those|these)\b(?! (?!are|is|was|were|who|that|have|has|had|with|which|by|in|per)[a-z])|\b(?:instead|as well)[?.! ]*$"
    r"|^(?:再|那|那么|换成|换|改成|改为|只看|只要|仅|其中|同样|还有|然后)|呢[？?。]*$"
)
"""Openings that make no sense without a question before."""

_ASKS = re.compile(
    r"\b(?:how (?:many|much|old|long|often)|what|which|who|whose|where|when|average|mean|median|total|sum|counts?|number of|percentage|proportion"
    r"|share of|rate|list|find|display|highest|lowest|most|least|each|every)\b|多少|哪|几|谁|平均|总|数量|占比|比例|最|列出|人数|统计|率|额|量"
)


def lacks_a_question(text: str) -> bool:
    """Whether a folded text is a fragment that edits a question before it ("only 2023", "sort descending"):
    it opens like an edit, is short, and asks for nothing itself."""
    if NEEDS_CONTEXT.search(text):
        return True
    words = len(re.findall(r"[a-z0-9'-]+", text)) + len(re.findall(r"[一-鿿]", text)) / 2
    return bool(OPENERS.search(text)) and words <= 7 and not _ASKS.search(text)


REFERS = re.compile(
    r"\b(?:of|among|for|in|from|by|to) (?:them|those|these)\b|\b(?:that|those|these|them|they|their|it)\b(?: (?:list|group|ones|result|number|figure|rows?))?[?.! ]*$"
    r"|\b(?:do|did|are|were|have|had) (?:they|those|these)\b|\b(?:their|its)\b|其中|它们|他们|这些|那些|上面|前面|刚才"
)
"""Words that point at the answer before."""

ADD = re.compile(
    r"\b(?:as well|too|also|further|additionally|break (?:that|it|this|them|those) down|split (?:that|it|this|them)|and also|add|plus)\b|再|也|还|加上|进一步|细分"
)
INSTEAD = re.compile(r"\binstead\b|\bno,|\brather\b|换|改")
CLEAR = re.compile(
    r"(?:remove|drop|clear|forget|lift|undo|without|no)(?: all)?(?: of)?(?: the| that| any| this)? (?:filters?|conditions?|restrictions?|limits?|limitation)s?|for (?:all|everyone|everything)(?: of them| rows)?|(?:去掉|取消|不要|清除|移除)(?:所有)?(?:的)?(?:筛选|过滤|条件|限制)(?:条件)?"
)
DROP = re.compile(
    r"^(?:and |now |please )*(?:drop|remove|leave out|exclude|skip|hide|ignore|without|except)\b|^(?:去掉|排除|不要|剔除|除去|除了)"
)
CUES = re.compile(
    r"\b(?:instead|as well|too|also|again|the same|same|now|rather|only|just|still|further|additionally|those|these|them|ones|that|this|it|groups?|list|down|break|split|show|keep|restrict|limit|drop|remove|exclude|hide|switch|change|use|add|plus|but|other|others|table|columns?|chart|result|results|question|thing|case|situation|look|see|people|who|size|first|everything|please)\b"
    r"|只要|只看|只|仅|就看|换成|改成|改为|换|那么|那|再|也|还|同样|一样|其中|呢|去掉|排除|不要|剔除|加上|用|情况|单独|的话|怎么样|限定|要|名|成|下|里面|这些|它们|如果"
)
