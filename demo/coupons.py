"""Real coupons that fit: for each campaign mailed to a household one that suits what it buys, and one for a product.

A coupon of The Complete Journey is good for some products of one campaign; it says nothing of what it is worth.
"""

from __future__ import annotations

import polars as pl


def fitting(
    campaigns: pl.DataFrame, coupons: pl.DataFrame, lines: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    """Of each campaign and household the coupon whose category it bought most often: `coupon_upc`, `coupon_for`."""
    about = _about(coupons, products)
    bought = (
        lines.join(products.select("product_id", "product_category"), on="product_id")
        .group_by("household_id", "product_category")
        .agg(times=pl.len())
    )
    return (
        campaigns.select("campaign_id", "household_id")
        .join(about, on="campaign_id")
        .join(bought, on=["household_id", "product_category"], how="left")
        .sort("campaign_id", "household_id", pl.col("times").fill_null(0), "coupon_upc",
              descending=[False, False, True, False])
        .unique(["campaign_id", "household_id"], keep="first", maintain_order=True)
        .select("campaign_id", "household_id", "coupon_upc", coupon_for=pl.col("product_category").str.to_titlecase())
    )  # fmt: skip


def for_products(shelf: pl.DataFrame, coupons: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Of each product on the shelf a coupon for it, else one of its category: `coupon_upc` and `coupon_campaign`.

    Of several the one of the latest campaign, and of those the one for the fewest products.
    """
    order = (pl.col("campaign_id"), pl.col("products"), pl.col("coupon_upc"))
    about = _about(coupons, products)
    own = coupons.join(about, on=["campaign_id", "coupon_upc"]).sort(*order, descending=[True, False, False])
    exact = own.unique("product_id", keep="first", maintain_order=True).select(
        "product_id", exact="coupon_upc", exact_campaign="campaign_id"
    )
    near = (
        about.sort(*order, descending=[True, False, False])
        .unique("product_category", keep="first", maintain_order=True)
        .select("product_category", near="coupon_upc", near_campaign="campaign_id")
    )
    return (
        shelf.join(exact, on="product_id", how="left", maintain_order="left")
        .join(near, on="product_category", how="left", maintain_order="left")
        .with_columns(
            coupon_upc=pl.coalesce("exact", "near"), coupon_campaign=pl.coalesce("exact_campaign", "near_campaign")
        )
        .drop("exact", "near", "exact_campaign", "near_campaign")
    )


def _about(coupons: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Of each coupon of a campaign the category most of its products are of, and how many products it is good for."""
    return (
        coupons.join(products.select("product_id", "product_category").drop_nulls(), on="product_id")
        .group_by("campaign_id", "coupon_upc", "product_category")
        .agg(of_category=pl.len())
        .with_columns(products=pl.col("of_category").sum().over("campaign_id", "coupon_upc"))
        .sort("campaign_id", "coupon_upc", "of_category", "product_category", descending=[False, False, True, False])
        .unique(["campaign_id", "coupon_upc"], keep="first", maintain_order=True)
        .drop("of_category")
    )
