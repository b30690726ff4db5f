"""Doors of supervision."""

from django.urls import include, path

from yiwang.kernel.supervision.pages import books, cards, orders, wall

_doors = [
    path("wall/", wall.wall_page, name="wall"),
    path("wall/owed/", wall.owed_page, name="owed"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/new/", orders.order_new, name="order_new"),
    path("orders/<uuid:uid>/", orders.order_page, name="order"),
    path("orders/<uuid:uid>/sheet/", orders.order_sheet, name="order_sheet"),
    path("orders/<uuid:uid>/withdraw/", orders.withdraw, name="order_withdraw"),
    path("parts/<uuid:uid>/reply/", orders.part_reply, name="part_reply"),
    path("parts/<uuid:uid>/judge/", orders.part_judge, name="part_judge"),
    path("parts/<uuid:uid>/urge/", orders.part_urge, name="part_urge"),
    path("cards/", cards.card_list, name="cards"),
    path("cards/new/", cards.card_new, name="card_new"),
    path("cards/<uuid:uid>/", cards.card_page, name="card"),
    path("cards/<uuid:uid>/answer/", cards.card_answer, name="card_answer"),
    path("cards/<uuid:uid>/withdraw/", cards.card_withdraw, name="card_withdraw"),
    path("rules/", books.rule_list, name="rules"),
    path("rules/<slug:book>/new/", books.rule_page, name="rule_new"),
    path("rules/<slug:book>/<slug:code>/", books.rule_page, name="rule"),
    path("rules/<slug:book>/<slug:code>/remove/", books.rule_remove, name="rule_remove"),
]
urlpatterns = [path("supervision/", include((_doors, "supervision")))]
