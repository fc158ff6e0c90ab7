"""The shop of the retail data as a server: it answers what is read, and does what is written.

What each write does to an order or a customer follows the tools of the retail tasks. It checks
nothing, so that a write may be applied twice to the same data and compared.
"""

import ast
import copy
import json
import operator
import threading
from pathlib import Path
from typing import Any

from tests.fakes.sink import HttpSink

ADDRESS = ("address1", "address2", "city", "state", "country", "zip")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
Data = dict[str, dict[str, Any]]


class ShopData:
    """Orders, customers and products, and what has been done to them."""

    def __init__(self, folder: Path) -> None:
        self.orders, self.users, self.products = (
            json.loads((folder / f"{name}.json").read_text())
            for name in ("orders", "users", "products")
        )
        self.items = {
            item_id: item
            for product in self.products.values()
            for item_id, item in product["variants"].items()
        }

    def copy(self) -> "ShopData":
        """The same data, to be changed apart."""
        return copy.deepcopy(self)

    @property
    def state(self) -> tuple[Data, Data]:
        return self.orders, self.users

    def read(self, name: str, args: dict[str, Any]) -> Any:
        """What a tool that reads answers; None for what is not there."""
        match name:
            case "get_order_details":
                return self.orders.get(args["order_id"])
            case "get_user_details":
                return self.users.get(args["user_id"])
            case "get_product_details":
                return self.products.get(args["product_id"])
            case "get_item_details":
                return self.items.get(args["item_id"])
            case "calculate":
                return f"{_calculated(ast.parse(args['expression'], mode='eval').body):.2f}"
            case "find_user_id_by_email":
                return self._user_with(lambda user: user["email"] == args["email"])
            case "find_user_id_by_name_zip":
                name_of = {key: args[key] for key in ("first_name", "last_name")}
                return self._user_with(
                    lambda user: user["name"] == name_of and user["address"]["zip"] == args["zip"]
                )
        raise AssertionError(name)

    def write(self, name: str, args: dict[str, Any]) -> Any:
        """Do what a tool that writes does."""
        address = {key: args.get(key) for key in ADDRESS}
        if name == "modify_user_address":
            self.users[args["user_id"]]["address"] = address
            return {"done": name}
        if name == "transfer_to_human_agents":
            return {"done": name}
        order = self.orders[args["order_id"]]
        match name:
            case "cancel_pending_order":
                order |= {"status": "cancelled", "cancel_reason": args["reason"]}
            case "return_delivered_order_items":
                order |= {"status": "return requested", "return": args}
            case "exchange_delivered_order_items":
                order |= {"status": "exchange requested", "exchange": args}
            case "modify_pending_order_address":
                order["address"] = address
            case "modify_pending_order_payment":
                order["payment_history"].append({"to": args["payment_method_id"]})
            case "modify_pending_order_items":
                new = dict(zip(args["item_ids"], args["new_item_ids"], strict=True))
                for item in order["items"]:
                    item["item_id"] = new.get(item["item_id"], item["item_id"])
                order["status"] = "pending (item modified)"
        return {"done": name}

    def _user_with(self, fits: Any) -> str | None:
        return next((key for key, user in self.users.items() if fits(user)), None)


def _calculated(node: ast.AST) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    assert isinstance(node, ast.BinOp)
    worked: float = OPERATORS[type(node.op)](_calculated(node.left), _calculated(node.right))
    return worked


class RetailShop(HttpSink):
    """The shop on loopback: each tool is a path."""

    def __init__(self, data: ShopData, writes: frozenset[str]) -> None:
        self.data, self.writes = data, writes
        self._answers = threading.local()
        super().__init__(body=lambda path: self._answers.found)

    def take(self, request: dict[str, Any]) -> int | None:
        """Answer or act, once a key."""
        status = super().take(request)
        name, is_new = request["path"].strip("/"), self.by_key[request["key"]] == 1
        if name not in self.writes:
            self._answers.found = {"found": self.data.read(name, request["body"])}
        else:
            self._answers.found = self.data.write(name, request["body"]) if is_new else {}
        return status
