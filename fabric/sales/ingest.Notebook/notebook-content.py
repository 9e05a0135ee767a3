# Fabric notebook source

# METADATA ********************

# META {
# META   "kernel_info": {
# META     "name": "synapse_pyspark"
# META   },
# META   "dependencies": {}
# META }

# MARKDOWN ********************

# # Ingest sales orders
# Appends the orders of one day from `Files/orders` of the attached lakehouse to the table `orders`.

# PARAMETERS CELL ********************

day = "2026-01-31"

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

from pyspark.sql import functions as F

orders = (
    spark.read.option("header", True)
    .csv(f"Files/orders/{day}.csv")
    .withColumn("amount", F.col("amount").cast("decimal(18, 2)"))
    .withColumn("day", F.lit(day).cast("date"))
    .dropDuplicates(["order_id"])
)

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

# a day that is loaded again replaces itself
orders.write.mode("overwrite").option("replaceWhere", f"day = '{day}'").saveAsTable("orders")

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }
