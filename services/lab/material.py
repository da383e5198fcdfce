"""What the experiments are made of: our own rules, a talk, questions with known answers, messages with bookings."""

from __future__ import annotations

TOPICS = ("a lighthouse?", "a compiler?", "yeast?", "a glacier?")

_GOODS = (
    "loose black tea",
    "loose green tea",
    "tea in bags",
    "herbal infusions",
    "whole coffee beans",
    "ground coffee",
    "cocoa powder",
    "glazed cups",
    "iron kettles",
    "glass teapots",
    "paper filters",
    "gift boxes",
)
_RULES_FOR_GOODS = (
    "For {goods}: orders above {minimum} euros are sent free of charge, all others for {fee} euros, within {days} working days.",
    "{Goods} can be returned within {weeks} weeks if the seal is whole; the money goes back the way it came within {refund} days.",
    "Broken or wrong {goods} are replaced at once when a photo is sent within {claim} days, and nothing has to be sent back.",
    "Reviews of {goods} are answered within {answer} hours, by name, without asking the customer to change what was written.",
)


def _rules() -> tuple[str, ...]:
    rules = []
    for number, goods in enumerate(_GOODS):
        figures = {
            "minimum": 20 + 5 * number,
            "fee": 3 + number % 4,
            "days": 2 + number % 3,
            "weeks": 2 + number % 5,
            "refund": 5 + number % 6,
            "claim": 7 + number,
            "answer": 12 + 3 * number,
        }
        rules += [
            rule.format(goods=goods, Goods=goods[0].upper() + goods[1:], **figures)
            for rule in _RULES_FOR_GOODS
        ]
    return tuple(rules)


RULES = ("You answer the customers of a small shop for tea and coffee. These are its rules.", *_rules())
"""About 1,300 tokens: the caches of OpenAI's models begin at 1,024."""

_TALK = (
    (
        "My garden is in Bergen and has 40 square metres.",
        "Small and wet: good for ferns, cabbage and blackcurrants.",
    ),
    ("I planted three apple trees of the sort Discovery.", "They ripen early, which suits your summers."),
    (
        "My neighbour Ingrid keeps eleven hens.",
        "Their manure is good for the beds once it has rotted for some months.",
    ),
    ("The soil has a pH of 5.2.", "Sour. Blueberries like it; for cabbage add some lime in autumn."),
    ("I want a greenhouse for at most 900 euros.", "That buys a simple one of about six square metres."),
    ("There is frost until the tenth of May.", "Then set tomatoes out after the middle of May."),
    (
        "Slugs ate all my lettuce last year.",
        "Copper tape and a board to collect them under help more than beer.",
    ),
    ("My son Jonas waters on Thursdays.", "Once a week is enough except in dry spells."),
    ("I have a barrel for 200 litres of rain.", "Covered, it keeps the mosquitoes out."),
    ("The bed along the wall gets sun from noon.", "Put the tomatoes and the beans there."),
    ("I would like to grow something for tea.", "Mint, in a pot, or it takes over the bed."),
    ("And some flowers for the bees.", "Borage and phacelia; both come up by themselves the next year."),
)
TALK = [
    {"role": role, "content": text}
    for said in _TALK
    for role, text in zip(("user", "assistant"), said, strict=True)
]
RECALL = (
    ("How many hens does my neighbour keep?", "eleven"),
    ("Which sort are my apple trees?", "Discovery"),
    ("What is the pH of my soil?", "5.2"),
    ("On which day does my son water?", "Thursday"),
    ("How many litres does my rain barrel hold?", "200"),
    ("What is my neighbour called?", "Ingrid"),
)

QUESTIONS = (
    ("What is 17 times 6?", "102"),
    ("What is the capital of Portugal?", "Lisbon"),
    ("Which planet is closest to the sun?", "Mercury"),
    ("How many minutes are there in three hours?", "180"),
    ("What is the chemical symbol of gold?", "Au"),
    ('Which word is the opposite of "ascend"?', "descend"),
    ("What is 144 divided by 12?", "12"),
    ('In which language does "obrigado" mean thank you?', "Portuguese"),
    ("A train leaves at 9:40 and takes 95 minutes. When does it arrive?", "11:15"),
    ("What is the next number: 2, 3, 5, 8, 13?", "21"),
)

BOOKINGS = (
    "Hi, we are four and would love to eat at Rosa's on Friday. No meat for any of us, please.",
    "Table at the Harbour Grill, Saturday, six people. We eat everything.",
    "Could you find us two seats in Café Lund this Sunday? My wife is vegetarian and so am I.",
    "Monday, Trattoria Verde, party of nine; steak fans all of them.",
    "My parents and I want to go to Sakura on Wednesday. Only vegetable dishes for us.",
)

ALIKE = (
    ("How do I get my money back?", "What is the way to a refund?"),
    ("When do you open?", "What are your opening hours?"),
    ("Can I pay by card?", "Do you take credit cards?"),
    ("Where is my parcel?", "What has become of my delivery?"),
    ("How do I change my password?", "I want to set a new password, how?"),
    ("Is the kettle safe for induction?", "Does the kettle work on an induction hob?"),
    ("Do you ship to Norway?", "Is delivery to Norway possible?"),
    ("How long does tea keep?", "What is the shelf life of tea?"),
    ("Cancel my order, please.", "I do not want my order any more."),
    ("Is this tea without caffeine?", "Is this tea caffeine free?"),
)
"""Pairs of questions that may share an answer."""
UNLIKE = (
    ("Do you ship to Norway?", "Do you ship from Norway?"),
    ("Is this tea with caffeine?", "Is this tea without caffeine?"),
    ("When do you open on Sunday?", "When do you open on Monday?"),
    ("How do I open an account?", "How do I close an account?"),
    ("Is the cup safe for the dishwasher?", "Is the kettle safe for the dishwasher?"),
    ("Can I return opened tea?", "Can I return unopened tea?"),
    ("What does a small box cost?", "What does a large box cost?"),
    ("Cancel my order, please.", "Repeat my order, please."),
    ("How long does tea keep?", "How long does tea take to brew?"),
    ("Did my payment arrive?", "Did my parcel arrive?"),
)
"""Pairs that look alike and need different answers."""
