# Fabric notebook source

# METADATA ********************

# META {
# META   "kernel_info": {
# META     "name": "synapse_pyspark"
# META   },
# META   "dependencies": {
# META     "lakehouse": {
# META       "default_lakehouse": "1a0046c6-cb1e-4f66-8981-1e6a6ce60ad5",
# META       "default_lakehouse_name": "orders",
# META       "default_lakehouse_workspace_id": "00000000-0000-0000-0000-000000000000",
# META       "known_lakehouses": [
# META         {
# META           "id": "1a0046c6-cb1e-4f66-8981-1e6a6ce60ad5"
# META         }
# META       ]
# META     },
# META     "environment": {
# META       "environmentId": "f54dd52f-c9c0-48fe-8da1-af3232b84d25",
# META       "workspaceId": "00000000-0000-0000-0000-000000000000"
# META     }
# META   }
# META }

# CELL ********************

orders = spark.read.option("header", True).csv("Files/landing/orders")
orders.write.mode("overwrite").saveAsTable("orders")

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }
