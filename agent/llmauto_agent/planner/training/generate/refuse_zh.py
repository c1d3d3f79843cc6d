"""Chinese requests that no plan over the table answers, with the reason."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from llmauto_agent.planner.training.generate.parts_zh import Draw, measure
from llmauto_agent.planner.training.generate.tables import domains

_SCOPE = (
    "讲个笑话", "明天天气怎么样", "你好", "帮我写首诗", "中国的首都是哪里", "你是谁", "今天心情不好", "推荐一家餐厅", "这值得投资吗",
    "为什么会下降", "为什么顾客不满意", "你觉得怎么样", "应该怎么办", "翻译成英文", "怎么安装软件", "谁会赢得比赛", "原因是什么", "给点建议",
)  # fmt: skip
_WRITE = (
    "删除所有数据", "把{c}改成0", "删掉重复的行", "新增一条记录", "把{v}改为其他", "清空这张表", "发邮件给老板", "更新{c}", "把结果发给团队", "插入一{u}{n}",
)  # fmt: skip
_VAGUE = ("看看有意思的", "还有呢", "然后呢", "随便看看", "好的", "哪个好", "比较一下", "怎么样", "再来", "老样子")


def refused(d: Draw) -> tuple[str, str]:
    """(request, reason of the grammar)."""
    draw = d.r.random()
    if draw < 0.2:
        return d.r.choice(_SCOPE), "scope"
    if draw < 0.36:
        values = [v for x in d.d.columns for v in x.values] or ["它"]
        text = d.r.choice(_WRITE).format(c=d.col(d.r.choice(d.d.columns)), v=d.r.choice(values), u=d.unit, n=d.rows)
        return text, "write"
    if draw < 0.46:
        return d.r.choice(_VAGUE), "vague"
    own = {s for c in d.d.columns for s in (c.name, *c.say)}
    for _ in range(20):
        other = Draw(d.r, d.r.choice(domains("zh")))
        c = d.r.choice([x for x in other.d.columns if x.role != "id"])
        if own & {c.name, *c.say}:
            continue
        n = other.col(c)
        _, words, _ = measure(d)
        return d.pick(f"各{n}的{words}", f"哪{d.unit}{d.rows}的{n}最高", f"平均{n}是多少" if c.role in {"number", "money"} else f"有哪些{n}", f"按{n}统计{words}", f"{d.rows}的{n}", f"{other.d.noun}有多少{other.d.nouns}"), "missing"
    raise LookupError
